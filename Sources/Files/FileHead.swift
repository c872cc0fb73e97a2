/// The first bytes of a file, by which its format is known.
public enum FileHead {
  /// At most `count` bytes.
  /// - Throws: `Failure` when the file cannot be read or is no regular file.
  public static func read(_ path: String, count: Int) throws -> [UInt8] {
    let file = try InputFile(path)
    var bytes = [UInt8](repeating: 0, count: min(count, file.bound))
    let got = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
    return Array(bytes.prefix(got))
  }
}
