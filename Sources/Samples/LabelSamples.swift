import Files
import Torch

/// Labels in memory: one place in a set of names for each sample.
public struct LabelSamples: SampleSource {
  public let labels: LabelSet
  public let places: [Int]
  public let missingRows: [Int]
  public let name: String

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

  public var count: Int { places.count }
  public var space: SampleSpace { .labels(labels) }

  public func rows(_ rows: [Int]) -> Tensor { Tensor(rows.map { places[$0] }) }

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
