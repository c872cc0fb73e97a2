import Files
import Torch

/// Which pairs are kept apart from training: by groups, so that no sample of the one part is seen in another, and in
/// each label's proportion where a modality is labels.
///
/// ```swift
/// let split = try Split(of: pairs, heldOut: 0.1, key: Key(0))
/// split.training.count + split.heldOut.count   // pairs.count
/// ```
public struct Split: Equatable, Sendable {
  /// Rows, in an order drawn by the key.
  public let training: [Int]
  /// Rows kept from training, in an order drawn by the key.
  public let heldOut: [Int]

  /// - Parameters:
  ///   - fraction: of the pairs, of each label where there are labels; at least one group of each part.
  ///   - key: of the draw.
  /// - Throws: `Failure` when the labels cannot be read, or there is one group only.
  public init(of pairs: PairedData, heldOut fraction: Double, key: Key) throws {
    guard pairs.groups?.count != 1 || pairs.count == 1 else {
      throw Failure(
        "all pairs are of one group, so none can be kept from training", at: .setting("held-out"),
        remedy: "keep none with --held-out 0, or name other groups with --groups")
    }
    let members = pairs.groups?.members
    self.init(
      members, count: members?.count ?? pairs.count, strata: try Split.strata(of: pairs, members),
      heldOut: fraction, key: key)
  }

  /// A split of so many pairs that share nothing, whatever their labels.
  public init(count: Int, heldOut fraction: Double, key: Key) {
    self.init(nil, count: count, strata: nil, heldOut: fraction, key: key)
  }

  /// From rows that are known.
  public init(training: [Int], heldOut: [Int]) {
    (self.training, self.heldOut) = (training, heldOut)
  }

  /// From the last group of an order drawn backwards, stratum after stratum, a group is kept while that brings the
  /// stratum's share, carried over from one to the next, nearer to the fraction.
  /// - Parameter members: the rows of each of `count` groups; nil where each row is one, of which there may be so
  ///   many that an array for each would not fit into memory.
  private init(_ members: [[Int]]?, count: Int, strata: [Int]?, heldOut fraction: Double, key: Key)
  {
    let order = Tensor.permutation(count, key: key).array(Int.self)
    var kept = [Bool](repeating: false, count: count)
    var (wanted, taken) = (0.0, 0.0)
    for stratum in Split.ordered(order.reversed(), by: strata) {
      wanted += fraction * Double(stratum.reduce(0) { $0 + (members?[$1].count ?? 1) })
      for group in stratum {
        let size = Double(members?[group].count ?? 1)
        guard taken + size / 2 <= wanted else { continue }
        kept[group] = true
        taken += size
      }
    }
    if !kept.contains(true), let last = order.last { kept[last] = true }
    if !kept.contains(false), count > 1 { kept[order[0]] = false }
    func rows(_ groups: [Int]) -> [Int] {
      members.map { rows in groups.flatMap { rows[$0] } } ?? groups
    }
    training = rows(order.filter { !kept[$0] })
    heldOut = rows(order.filter { kept[$0] })
  }

  /// The groups of each stratum, in the order given; all of them where there are no strata.
  private static func ordered(_ order: [Int], by strata: [Int]?) -> [[Int]] {
    guard let strata else { return [order] }
    var parts = [[Int]](repeating: [], count: (strata.max() ?? 0) + 1)
    for group in order { parts[strata[group]].append(group) }
    return parts
  }

  /// The label of each group's first pair, of the last modality that is labels; nil where none is.
  private static func strata(of pairs: PairedData, _ members: [[Int]]?) throws -> [Int]? {
    guard let labelled = pairs.samples.last(where: { $0.space.labels != nil }) else { return nil }
    return try labelled.rows(members?.map { $0[0] } ?? Array(0..<pairs.count)).array(Int.self)
  }
}
