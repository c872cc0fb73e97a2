import Testing

@testable import Files

@Suite struct SuggestionTests {
  @Test(
    "edit distances",
    arguments: [
      ("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("epohcs", "epochs", 1),
      ("ca", "abc", 3),  // optimal string alignment edits no substring twice
    ])
  func distance(a: String, b: String, expected: Int) {
    #expect(Suggestion.distance(a, b) == expected)
    #expect(Suggestion.distance(b, a) == expected)
  }

  @Test("only close words are suggested, and beginnings of words")
  func closest() {
    let names = ["two-sided", "u-given-v", "v-given-u", "joint"]
    #expect(Suggestion.closest(to: "v-givn-u", among: names) == "v-given-u")
    #expect(Suggestion.closest(to: "two", among: names) == "two-sided")
    #expect(Suggestion.closest(to: "triplet", among: names) == nil)
    #expect(Suggestion.closest(to: "x", among: ["k"]) == nil)
    #expect(Suggestion.closest(to: "x", among: []) == nil)
  }
}
