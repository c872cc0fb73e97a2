import Foundation

/// Replacing a whole folder so that a kill at any moment leaves the old or the new one, complete.
///
/// For the folder `checkpoint` the protocol is, with each step flushed before the next:
///
/// 1. the new contents are written to `checkpoint.partial`;
/// 2. `checkpoint.partial` is renamed `checkpoint.new`: from here on the new contents are valid;
/// 3. `checkpoint` is renamed `checkpoint.old`;
/// 4. `checkpoint.new` is renamed `checkpoint`;
/// 5. `checkpoint.old` is removed.
///
/// So `checkpoint.new`, when it is there, is complete and newest; otherwise `checkpoint` is; the
/// other two are never read. One process at a time may write. Symbolic links under these names are replaced, and none
/// but `checkpoint` is followed, for reading.
///
/// ```swift
/// try AtomicDirectory.write(to: "run/checkpoint") { folder in
///   try weights.write(to: "\(folder)/model.safetensors")
/// }
/// if let folder = try AtomicDirectory.open("run/checkpoint") {
///   let weights = try Safetensors.read("\(folder)/model.safetensors")
/// }
/// ```
public enum AtomicDirectory {
  /// Replaces the folder at `path` by one that `body` fills; `body` gets the path to fill. When it
  /// throws, the folder at `path` stays as it was.
  public static func write(to path: String, _ body: (String) throws -> Void) throws {
    let names = Names(path)
    try settle(names)
    guard mkdir(names.partial, 0o777) == 0 else {
      throw Failure.system("cannot create the folder", at: path)
    }
    do {
      try body(names.partial)
      try flush(names.partial)
      try move(names.partial, to: names.new)
      try AtomicFile.flushDirectory(AtomicFile.folder(of: names.path))
    } catch {
      try? remove(names.partial)
      throw error
    }
    try settle(names)
  }

  /// Completes a replacement that a kill interrupted, removes leftovers, and returns `path`, or nil
  /// when there is no complete folder.
  /// - Throws: `Failure` when a leftover cannot be moved or removed.
  public static func open(_ path: String) throws -> String? {
    let names = Names(path)
    try settle(names)
    return isFolder(names.path) ? names.path : nil
  }

  /// The path of the complete and newest folder, or nil when there is none. Changes nothing, so it
  /// serves those who look on while another process writes, or who may not write.
  public static func current(_ path: String) -> String? {
    let names = Names(path)
    return isOwnFolder(names.new) ? names.new : isFolder(names.path) ? names.path : nil
  }

  private struct Names {
    let path: String
    var partial: String { path + ".partial" }
    var new: String { path + ".new" }
    var old: String { path + ".old" }

    init(_ path: String) {
      self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
  }

  /// Steps 3 to 5, as far as they are still to be done, and the removal of leftovers.
  private static func settle(_ names: Names) throws {
    try remove(names.partial)
    if isOwnFolder(names.new) {
      try remove(names.old)
      if isThere(names.path) { try move(names.path, to: names.old) }
      try move(names.new, to: names.path)
      try AtomicFile.flushDirectory(AtomicFile.folder(of: names.path))
    }
    try remove(names.new)
    try remove(names.old)
  }

  private static func isThere(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Whether there is a folder, not a link to one.
  private static func isOwnFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func move(_ source: String, to target: String) throws {
    guard rename(source, target) == 0 else {
      throw Failure.system("cannot rename the folder", at: source)
    }
  }

  /// Removes a folder, or whatever else is there; a link, not what it leads to.
  static func remove(_ path: String) throws {
    guard isThere(path) else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw Failure("cannot remove the folder", at: path, remedy: "check the permissions")
    }
  }

  /// Makes a folder's files, and the names of all of them, outlive a power cut.
  static func flush(_ folder: String) throws {
    let files = FileManager.default.enumerator(atPath: folder)
    while let name = files?.nextObject() as? String {
      try AtomicFile.flushDirectory("\(folder)/\(name)")
    }
    try AtomicFile.flushDirectory(folder)
  }
}
