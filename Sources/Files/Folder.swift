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

  /// The names of what is in a folder, sorted.
  /// - Throws: `Failure` when it cannot be read.
  public static func names(in path: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw Failure("the folder cannot be read", at: path, remedy: "check its permissions")
    }
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
