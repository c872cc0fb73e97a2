import Files
import Torch

/// Which pairs are kept apart from training: by groups, so that no sample of the one part is seen in another, and in
/// each label's proportion where a modality is labels.
///
/// ```swift
/// let split = Split(of: pairs, heldOut: 0.1, key: Key(0))
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
    let groups = pairs.groups ?? Groups(Array(0..<pairs.count))
    guard groups.count > 1 else {
      throw Failure(
        "all pairs are of one group, so none can be kept from training",
        remedy: "keep none with --held-out 0, or name other groups")
    }
    let members = groups.members
    let strata = try Split.strata(of: pairs, groups: groups)
    let order = Tensor.permutation(groups.count, key: key).array(Int.self)
    // Within each stratum the groups come in the order drawn; a group is kept while that brings the stratum's share,
    // carried over from one to the next, nearer to the fraction.
    var kept = [Bool](repeating: false, count: groups.count)
    var (wanted, taken) = (0.0, 0.0)
    for stratum in strata.map({ stratum in order.filter { stratum.contains($0) } }) {
      wanted += fraction * Double(stratum.reduce(0) { $0 + members[$1].count })
      for group in stratum {
        let size = Double(members[group].count)
        guard taken + size / 2 <= wanted else { continue }
        kept[group] = true
        taken += size
      }
    }
    if !kept.contains(true) { kept[order[0]] = true }
    if !kept.contains(false) { kept[order[order.count - 1]] = false }
    training = order.filter { !kept[$0] }.flatMap { members[$0] }
    heldOut = order.filter { kept[$0] }.flatMap { members[$0] }
  }

  /// From rows that are known.
  public init(training: [Int], heldOut: [Int]) {
    (self.training, self.heldOut) = (training, heldOut)
  }

  /// The groups of each label of the last modality that is labels, by the label of a group's first pair; all groups
  /// where none is.
  private static func strata(of pairs: PairedData, groups: Groups) throws -> [Set<Int>] {
    let labelled = pairs.samples.last { $0.space.labels != nil }
    guard let labelled, let labels = labelled.space.labels else { return [Set(0..<groups.count)] }
    let first = groups.members.map { $0[0] }
    var strata = [Set<Int>](repeating: [], count: labels.count)
    for (group, label) in try labelled.rows(first).array(Int.self).enumerated() {
      strata[label].insert(group)
    }
    return strata
  }
}
