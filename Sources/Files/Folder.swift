import Foundation

/// Folders as a whole.
public enum Folder {
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
