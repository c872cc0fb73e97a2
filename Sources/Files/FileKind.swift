import Foundation

/// What a path leads to.
public enum FileKind {
  /// - Throws: `Failure` unless it is a regular file. Pipes and devices are refused, since data are read more than once
  ///   and in any order, and a run names them to read them again.
  public static func requireRegular(_ status: stat, at path: String) throws {
    let kind: String
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw Failure("this is a directory", at: path, remedy: "give the path of a file")
    case S_IFIFO: kind = "a pipe"
    case S_IFSOCK: kind = "a socket"
    default: kind = "a device"
    }
    throw Failure(
      "this is \(kind), and files are read more than once", at: path,
      remedy: "save what it holds to a file, and give that")
  }
}

/// Small files as a whole.
public enum WholeFile {
  /// The bytes of a regular file.
  /// - Throws: `Failure` when it cannot be read, is none, or would fill the memory.
  public static func read(_ path: String) throws -> Data {
    var reader = ByteReader(try InputFile(path), name: path)
    return try reader.bytes(reader.bound, field: "content")
  }

  /// The same; nil when there is no such file.
  /// - Throws: as `read(_:)` does.
  public static func readIfPresent(_ path: String) throws -> Data? {
    var status = stat()
    guard stat(path, &status) == 0 || (errno != ENOENT && errno != ENOTDIR) else { return nil }
    return try read(path)
  }
}
