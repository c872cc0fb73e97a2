import Files
import Samples

/// NumPy's `.npz` archives: `FILE.npz:NAME`, or the file alone when it holds one array.
struct NpzReader: SampleReader {
  var name: String { "NumPy archive (.npz)" }
  var suffixes: [String] { [".npz"] }

  func recognizes(_ file: SampleFile) -> Bool {
    file.begins(with: [0x50, 0x4B, 3, 4]) && file.suffix == ".npz"
  }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    let name = try file.member ?? file.onlyMember(of: Npz.names(file.path))
    return .numbers(
      try StoredRows(try Npz.open(file.path, array: name), of: file, options).settled(options))
  }
}

extension SampleFile {
  /// The one thing that a file holds.
  /// - Throws: `Failure` listing what it holds when that is not one.
  func onlyMember(of names: [String]) throws -> String {
    guard names.count != 1 else { return names[0] }
    throw Failure(
      names.isEmpty ? "the file holds no array" : "the file holds \(names.count) arrays", at: path,
      remedy: names.isEmpty
        ? "give another file"
        : "name one: \(names.prefix(20).map { "\(path):\($0)" }.joined(separator: ", "))")
  }
}
