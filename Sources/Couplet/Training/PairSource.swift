/// Where training gets its pairs from: data that stays, or data made anew for every epoch.
public protocol PairSource {
  /// The number of pairs of every epoch.
  var count: Int { get }
  /// The pairs of an epoch; the same ones whenever the same epoch is asked for, so that a run can resume.
  func pairs(epoch: Int) throws -> PairedData
}

extension PairedData: PairSource {
  public func pairs(epoch: Int) -> PairedData { self }
}
