import Torch

/// Whole numbers as real ones: float32 where it holds them all (bytes), float64 otherwise.
struct RealNumbers: SampleSource {
  private let base: any SampleSource
  private let dtype: DType

  /// The samples themselves where they are real numbers already.
  static func of(_ base: any SampleSource) throws -> any SampleSource {
    let type = try base.rows(0..<min(1, base.count)).dtype
    return type.isFloatingPoint
      ? base : RealNumbers(base: base, dtype: type == .int64 ? .float64 : .float32)
  }

  var count: Int { base.count }
  var space: SampleSpace { base.space }
  var name: String { base.name }
  var columns: [String] { base.columns }
  var missingRows: [Int] { base.missingRows }
  var fill: SampleFill? { base.fill }

  func rows(_ rows: [Int]) throws -> Tensor { try base.rows(rows).to(dtype) }
  func rows(_ range: Range<Int>) throws -> Tensor { try base.rows(range).to(dtype) }
}
