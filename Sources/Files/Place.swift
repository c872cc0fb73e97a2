/// Where a failure happened.
///
/// A library names a setting by its key; only the command knows how the user typed it, and prints it so.
///
/// ```swift
/// Place.file("u.npy", field: "row 3").description          // "u.npy (row 3)"
/// Place.file("images.gz", offset: 16).description          // "images.gz (offset 16)"
/// Place.setting("encoder-u", value: "lenet").description   // "encoder-u lenet"; --encoder-u lenet in the command
/// Place.input("covariance", index: [0, 1]).description     // "covariance [0, 1]"
/// ```
public enum Place: Hashable, Sendable, Codable {
  /// Nowhere in particular.
  case none
  /// A file or folder, and what of it: a field (a row, a variable, an entry), a byte.
  case file(_ path: String, field: String? = nil, offset: Int? = nil)
  /// A setting by its key, and what it is set to where that says more.
  case setting(_ key: String, value: String? = nil)
  /// What a computation was given, by its name, and the element of it.
  case input(_ name: String, index: [Int]? = nil)
}

extension Place: CustomStringConvertible {
  /// The place as text; empty for nowhere.
  public var description: String {
    switch self {
    case .none: return ""
    case .file(let path, let field, let offset):
      let details = [field, offset.map { "offset \($0)" }].compactMap { $0 }
      return path + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
    case .setting(let key, let value): return key + (value.map { " \($0)" } ?? "")
    case .input(let name, let index): return name + (index.map { " \($0)" } ?? "")
    }
  }
}

extension Place: ExpressibleByStringLiteral {
  /// The path of a file.
  public init(stringLiteral path: String) { self.init(path: path) }

  /// The path of a file; nowhere when it is empty.
  init(path: String) { self = path.isEmpty ? .none : .file(path) }
}
