import Files

/// Which columns of a table a member names.
///
/// | member | columns |
/// |---|---|
/// | `age` | the one of this name |
/// | `first..last` | those from one to another |
/// | `x*` | those whose names begin so |
/// | `#77`, `#1..#76` | those at these places, counted from 1 |
/// | `age,x*` | those of each, one after another |
struct TableColumns {
  let names: [String]
  let path: String

  /// The places of the columns, from 0; all of them when nothing is named.
  /// - Throws: `Failure` when there is no such column, or two have the name.
  func places(_ member: String?) throws -> [Int] {
    guard let member else { return Array(names.indices) }
    if names.contains(member) { return [try place(member)] }
    return try member.split(separator: ",", omittingEmptySubsequences: false).flatMap {
      try part(String($0))
    }
  }

  private func part(_ text: String) throws -> [Int] {
    if names.contains(text) { return [try place(text)] }
    for dots in text.ranges(of: "..") {
      let (first, last) = (String(text[..<dots.lowerBound]), String(text[dots.upperBound...]))
      guard isColumn(first), isColumn(last) else { continue }
      let (start, end) = (try place(first), try place(last))
      guard start <= end else {
        throw Failure(
          "the column '\(first.quoted)' comes after '\(last.quoted)'", at: path,
          remedy: "write \(last)..\(first)"
        )
      }
      return Array(start...end)
    }
    if text.hasSuffix("*") {
      let matches = names.indices.filter { names[$0].hasPrefix(text.dropLast()) }
      if !matches.isEmpty { return matches }
    }
    return [try place(text)]
  }

  private func isColumn(_ text: String) -> Bool { names.contains(text) || number(text) != nil }

  /// 76 for `#77`.
  private func number(_ text: String) -> Int? {
    guard text.first == "#", let number = Int(text.dropFirst()),
      (1...max(1, names.count)).contains(number)
    else { return nil }
    return number - 1
  }

  private func place(_ name: String) throws -> Int {
    let matches = names.indices.filter { names[$0] == name }
    switch (matches.count, number(name)) {
    case (1, _): return matches[0]
    case (0, let number?): return number
    case (0, nil):
      let known =
        names.prefix(12).map(\.quoted).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
      throw Failure(
        "there is no column '\(name.quoted)' among \(names.count)", at: path,
        remedy: "the columns are \(known); #1 is the first")
    default:
      let places = matches.map { "#\($0 + 1)" }
      throw Failure(
        "\(matches.count) columns have the name '\(name.quoted)'", at: path,
        remedy: "give one by its place: \(places.joined(separator: ", "))")
    }
  }
}
