/// "Did you mean …?": the known name closest to a mistyped one.
public enum Suggestion {
  /// The candidate with the smallest edit distance, when that is small for the word's length; the
  /// first of several. Some of the word must remain. A candidate that begins with the word counts as one edit away.
  public static func closest(to word: String, among candidates: [String]) -> String? {
    let allowed = max(1, word.count / 3)
    let scored = candidates.map { candidate in
      let begins = word.count >= 2 && candidate.hasPrefix(word)
      return (candidate: candidate, distance: begins ? 1 : distance(word, candidate))
    }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= allowed,
      best.distance < word.count
    else { return nil }
    return best.candidate
  }

  /// The Damerau–Levenshtein distance (optimal string alignment): the least number of insertions,
  /// deletions, substitutions and exchanges of neighbours that turn one word into the other.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var twoAgo: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, twoAgo[j - 1] + 1) }
        row.append(best)
      }
      twoAgo = previous
      previous = row
    }
    return previous[b.count]
  }
}
