import Files
import Samples

/// NumPy's `.npy` files, of any type and order, gzipped or not; plain ones are mapped into memory.
struct NpyReader: SampleReader {
  var name: String { "NumPy array (.npy)" }
  var suffixes: [String] { [".npy"] }

  func recognizes(_ file: SampleFile) -> Bool { file.begins(with: [0x93] + Array("NUMPY".utf8)) }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    try file.requireNoMember()
    return .numbers(try StoredRows(try Npy.open(file.path), of: file, options).settled(options))
  }
}

extension SampleFile {
  /// - Throws: `Failure` when something within the file is named, and the format has no parts.
  func requireNoMember() throws {
    guard let member else { return }
    throw Failure(
      "there is no '\(member)' in this file: it holds one array", at: path,
      remedy: "give the file alone")
  }
}
