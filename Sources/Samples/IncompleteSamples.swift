import Torch

/// Samples of which some have missing values: they are to be dropped, with their partners, or were filled.
public struct IncompleteSamples: SampleSource {
  private let base: any SampleSource
  /// The rows to drop, ascending.
  public let missingRows: [Int]
  /// What missing values were filled with, where they were.
  public let fill: SampleFill?

  /// - Parameters:
  ///   - missingRows: the rows to drop, ascending.
  ///   - fill: what the missing values were filled with.
  public init(_ base: any SampleSource, _ missingRows: [Int], fill: SampleFill? = nil) {
    (self.base, self.missingRows, self.fill) = (base, missingRows, fill)
  }

  /// All rows, those to drop among them: places count from the file's first row.
  public var count: Int { base.count }
  /// That of the samples behind.
  public var space: SampleSpace { base.space }
  /// That of the samples behind.
  public var name: String { base.name }

  /// Samples, which may be some of those to drop.
  /// - Throws: `Failure` naming the file when it cannot be read.
  public func rows(_ rows: [Int]) throws -> Tensor { try base.rows(rows) }
  /// Samples in succession, which may be some of those to drop.
  /// - Throws: `Failure` naming the file when it cannot be read.
  public func rows(_ range: Range<Int>) throws -> Tensor { try base.rows(range) }
}
