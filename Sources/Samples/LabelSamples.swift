import Files
import Torch

/// Labels in memory: one place in a set of names for each sample.
public struct LabelSamples: SampleSource {
  /// The names that the places refer to.
  public let labels: LabelSet
  /// The place of each sample's label in the set, 0 … K − 1.
  public let places: [Int]
  /// The rows whose label is missing, ascending, where such rows are to be dropped.
  public let missingRows: [Int]
  /// What the user calls them.
  public let name: String

  /// From places in a set of names, which are not checked against it.
  public init(_ labels: LabelSet, places: [Int], missingRows: [Int] = [], name: String) {
    self.labels = labels
    self.missingRows = missingRows
    self.places = places
    self.name = name
  }

  /// From the label of each sample; the set is that of those which occur, in ascending order.
  public init(_ cells: [String], missingRows: [Int] = [], name: String) {
    let names = Set(cells).sorted()
    let set = LabelSet(names)
    let places = set.places
    self.init(
      set, places: cells.map { places[$0] ?? 0 }, missingRows: missingRows, name: name)
  }

  /// The number of samples.
  public var count: Int { places.count }
  /// The set of labels.
  public var space: SampleSpace { .labels(labels) }

  /// Places (int64), N.
  public func rows(_ rows: [Int]) -> Tensor { Tensor(rows.map { places[$0] }) }

  /// Other rows, in that order, none of them missing.
  public func view(_ rows: [Int]) -> any SampleSource {
    LabelSamples(labels, places: rows.map { places[$0] }, name: name)
  }

  /// The same samples as places in another set that has their names.
  /// - Throws: `Failure` naming the first row whose label the set does not have.
  public func recoded(by set: LabelSet) throws -> LabelSamples {
    guard set != labels else { return self }
    let known = set.places
    let map = labels.names.map { known[$0] }
    let recoded = try places.enumerated().map { row, place in
      guard let new = map[place] else {
        throw Failure(
          "the label '\(labels.names[place])' is not one of the \(set.count) known ones",
          at: "\(name) (row \(row))",
          remedy: "known are \(set.shown)")
      }
      return new
    }
    return LabelSamples(set, places: recoded, missingRows: missingRows, name: name)
  }
}
