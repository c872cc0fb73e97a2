import Files
import Testing

@Suite struct GroupedDigitsTests {
  @Test("digits are grouped by thousands")
  func grouped() {
    #expect([0, 999, 1_000, -1_234_567].map(\.grouped) == ["0", "999", "1,000", "-1,234,567"])
  }
}
