import Torch

/// Where training gets its pairs from: data that stays, or data made anew for every epoch.
public protocol PairSource {
  /// The number of pairs of every epoch.
  var count: Int { get }
  /// The pairs of an epoch; the same ones whenever the same epoch is asked for, so that a run can resume.
  /// - Throws: `Failure` when they cannot be made.
  func pairs(epoch: Int) throws -> PairedData
}

extension PairedData: PairSource {
  /// The same pairs in every epoch.
  public func pairs(epoch: Int) -> PairedData { self }
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
  public let count: Int
  private let simulate: (_ epoch: Int) throws -> PairedData

  /// - Parameter simulate: gives `count` pairs for the number of an epoch, the same ones for the same number.
  public init(_ count: Int, simulate: @escaping (_ epoch: Int) throws -> PairedData) {
    self.count = count
    self.simulate = simulate
  }

  /// The pairs of an epoch, simulated now.
  /// - Throws: what the simulation does.
  public func pairs(epoch: Int) throws -> PairedData { try simulate(epoch) }
}
