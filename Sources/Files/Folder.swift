import Foundation

/// Folders as a whole.
public enum Folder {
  /// Whether there is a folder at `path`.
  public static func exists(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// A path from whatever folder a command is run in.
  public static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }

  /// Whether two paths lead to one file or folder, or would if it were there.
  public static func areSame(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard stat(one, &first) == 0, stat(other, &second) == 0 else {
      return absolute(one) == absolute(other)
    }
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)
  }

  // Foundation's own functions for these end the program for names of one letter.

  /// What follows the last `/` of a path, those at its end left out: `c` of `a/b/c`.
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// What a path lies in: `a/b` of `a/b/c`, `.` of a name alone, `/` of `/a`.
  public static func parent(of path: String) -> String {
    let bytes = Array(path.utf8)
    let end = bytes.lastIndex { $0 != UInt8(ascii: "/") } ?? 0
    guard let slash = bytes[..<end].lastIndex(of: UInt8(ascii: "/")) else {
      return bytes.first == UInt8(ascii: "/") ? "/" : "."
    }
    let last = bytes[..<slash].lastIndex { $0 != UInt8(ascii: "/") }
    return last.map { String(decoding: bytes[...$0], as: UTF8.self) } ?? "/"
  }

  /// The names of what is in a folder, sorted.
  /// - Throws: `Failure` when it cannot be read.
  public static func names(in path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw Failure("the folder cannot be read", at: path, remedy: "check its permissions")
    }
  }

  /// Names in the order in which people count: `part-2` before `part-10`.
  package static func counted(_ names: [String]) -> [String] {
    names.sorted { $0.compare($1, options: .numeric) == .orderedAscending }
  }

  /// Makes the folder at `path`, and those that it is in, unless it is there.
  /// - Throws: `Failure` with the path and the system's reason.
  public static func make(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        "cannot create the folder (\(error.localizedDescription))", at: path,
        remedy: "choose a folder that can be written")
    }
  }
}
