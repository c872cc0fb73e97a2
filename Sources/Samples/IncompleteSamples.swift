import Torch

/// Samples of which some have missing values and are to be dropped, with their partners.
public struct IncompleteSamples: SampleSource {
  private let base: any SampleSource
  /// The rows to drop, ascending.
  public let missingRows: [Int]

  /// - Parameter missingRows: the rows to drop, ascending.
  public init(_ base: any SampleSource, _ missingRows: [Int]) {
    (self.base, self.missingRows) = (base, missingRows)
  }

  public var count: Int { base.count }
  public var space: SampleSpace { base.space }
  public var name: String { base.name }

  public func rows(_ rows: [Int]) throws -> Tensor { try base.rows(rows) }
  public func rows(_ range: Range<Int>) throws -> Tensor { try base.rows(range) }
}
