import Torch

/// Where training gets its pairs from: data that stays, or data made anew for every epoch.
public protocol PairSource {
  /// The number of pairs of every epoch.
  var pairsPerEpoch: Int { get }
  /// The pairs of an epoch, independent of each other; the same ones whenever the same epoch is asked for with the
  /// same key, so that a run can resume.
  /// - Throws: `Failure` when they cannot be made.
  func pairs(epoch: Int, key: Key) throws -> PairedData
}

/// Every pair once an epoch; where pairs form groups, one of each, drawn anew for every epoch (MATH §2), so that no
/// batch takes a partner for an independent sample.
extension PairedData: PairSource {
  /// The number of groups, or of pairs where they form none.
  public var pairsPerEpoch: Int { groups?.count ?? count }

  /// The same pairs in every epoch; of groups, a draw of one pair of each.
  public func pairs(epoch: Int, key: Key) -> PairedData {
    independent(key: key.folded(with: epoch))
  }
}

/// Pairs that are simulated anew for every epoch, so that nothing is seen twice and nothing learned by heart.
///
/// ```swift
/// let field = GaussianField()
/// let source = OnlinePairs(10_000) { try field.simulate(10_000, key: Key(1).folded(with: $0)) }
/// try trainer.fit(coupling, to: source)
/// ```
public struct OnlinePairs: PairSource {
  /// The number of pairs of every epoch.
  public let pairsPerEpoch: Int
  private let simulate: (_ epoch: Int) throws -> PairedData

  /// - Parameter simulate: gives `count` pairs for the number of an epoch, the same ones for the same number.
  public init(_ count: Int, simulate: @escaping (_ epoch: Int) throws -> PairedData) {
    pairsPerEpoch = count
    self.simulate = simulate
  }

  /// The pairs of an epoch, simulated now; the key is not used.
  /// - Throws: what the simulation does.
  public func pairs(epoch: Int, key: Key) throws -> PairedData { try simulate(epoch) }
}
