import TestDevice
import Testing
import Torch

@Suite struct ColumnStatisticsTests {
  /// Of 0 … n − 1.
  private static let n = 1000
  private static let (mean, variance) = (Double(n - 1) / 2, Double(n) * Double(n + 1) / 12)

  /// Values offset + scale k, exact in their type, in blocks of different lengths.
  private func statistics(_ offset: Double, _ scale: Double, _ dtype: DType) -> ColumnStatistics {
    let order = Tensor.permutation(Self.n, key: Key(1)).to(.float64)
    let samples = (order * scale + offset).to(dtype).unsqueezed(1).to(
      deviceOf: .zeros([], device: .test))
    var statistics = ColumnStatistics(shape: [1])
    for range in [0..<1, 1..<8, 8..<700, 700..<700, 700..<Self.n] { statistics.add(samples[range]) }
    return statistics
  }

  /// To 1e-13: some hundred roundings of float64, and the rounding of the samples themselves where the type has few
  /// digits. Beside 10¹² means of blocks are rounded to 2⁻¹³, 4e-4 of the standard deviation there.
  @Test(arguments: [
    (0, 1, DType.float32, 1e-13), (0, 1, .int64, 1e-13), (0, 1, .bfloat16, 1e-2),
    (1e8, 8, .float32, 1e-13), (1e8, 1, .float64, 1e-13), (1e12, 0x1p-10, .float64, 2e-4),
    (0, 0x1p66, .float32, 1e-13), (0, 0x1p-83, .float32, 1e-13), (0, 0x1p-149, .float32, 1e-13),
    (0x1p127, 0x1p104, .float32, 1e-13), (0, 0x1p400, .float64, 1e-13),
  ]) func `statistics are those of the numbers, whatever their magnitude and offset`(
    offset: Double, scale: Double, dtype: DType, tolerance: Double
  ) {
    let found = statistics(offset, scale, dtype)
    #expect(found.count == Self.n)
    #expect(
      abs((found.mean.item() - offset) / scale - Self.mean) <= tolerance * Self.mean + offset
        / scale * 0x1p-52)
    #expect(abs(found.variance.item() / scale / scale / Self.variance - 1) <= tolerance)
    #expect(
      abs(found.standardDeviation.item() / scale / Self.variance.squareRoot() - 1) <= tolerance)
  }

  @Test func `what does not vary has its value and the variance 0`() {
    for value in [0.1, 1e20, 1e-25, -3e38, 1e8 + 0.1] {
      let constant = Tensor([Double](repeating: value, count: 777), shape: [777, 1])
      let found = ColumnStatistics(constant)
      #expect(found.mean.item() == value && found.variance.item() == 0)
      #expect(found.minimum.item() == value && found.maximum.item() == value)
    }
  }

  @Test func `coordinates are apart, of any shape, and parts merge to the whole`() {
    let samples = Tensor.normal([500, 2, 3], key: Key(2), dtype: .float64)
    let whole = ColumnStatistics(samples)
    var merged = ColumnStatistics(samples[0..<123])
    merged.merge(ColumnStatistics(shape: [2, 3]))
    merged.merge(ColumnStatistics(samples[123..<500]))
    #expect(whole.mean.shape == [2, 3] && merged.count == 500)
    #expect(discrepancy(merged.mean, whole.mean) < 1e-14)
    #expect(discrepancy(merged.variance, samples.variance(dim: 0)) < 1e-14)
    #expect(merged.minimum.equal(to: samples.min(dim: 0)).allTrue())
    #expect(merged.maximum.equal(to: samples.max(dim: 0)).allTrue())
  }

  @Test func `what is not a number is not hidden`() {
    let found = ColumnStatistics(Tensor([1.0, .nan, 2, 3], shape: [2, 2]))
    #expect(found.variance[0].item() == 0.5 && found.variance[1].item().isNaN)
  }

  @Test func `one sample has no variance, none no mean`() {
    #expect(ColumnStatistics(Tensor([5.0], shape: [1, 1])).variance.item() == 0)
    #expect(ColumnStatistics(shape: [1]).count == 0)
  }
}
