import Files
import Testing

@Suite struct SaturatingTests {
  @Test(
    arguments: [
      (2.9, 2), (-2.9, -2), (0, 0), (.nan, 0), (.infinity, .max), (-.infinity, .min),
      (0x1p63, .max),
      (-0x1p63, .min), (0x1p62, 1 << 62), (1e300, .max), (.leastNonzeroMagnitude, 0),
    ] as [(Double, Int)])
  func anyNumberHasAWholePart(_ value: Double, _ whole: Int) {
    #expect(Int(saturating: value) == whole)
  }
}
