/// The parts of paired data in a run: pairs to learn from, pairs by which training is stopped and models are chosen, and
/// pairs that nothing was fitted to.
///
/// ```swift
/// let parts = try settings.parts(of: data)
/// parts.validation?.count   // 160 of 1,600
/// ```
public struct PairParts {
  /// The pairs to learn from.
  public var training: PairedData
  /// The pairs to stop and choose by; nil when there are none.
  public var validation: PairedData?
  /// The pairs to test with; nil when there are none.
  public var test: PairedData?

  /// Parts that are known.
  public init(training: PairedData, validation: PairedData? = nil, test: PairedData? = nil) {
    (self.training, self.validation, self.test) = (training, validation, test)
  }

  /// The pairs that are looked at while training goes on: those of the validation, or of the test where there are
  /// none.
  public var watched: PairedData? { validation ?? test }
}
