import Foundation

/// Writing files so that whatever happens — a full disk, a kill, a failure half-way — the path
/// holds either the old file or the new one, whole.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk and then
/// renamed over the path; the folder is flushed last, so that the new name outlives a power cut. On
/// any failure the temporary file is removed. A symbolic link is followed, and a device or a pipe
/// (`/dev/stdout`) is written directly, since there is nothing to keep.
///
/// ```swift
/// try AtomicFile.write(data, to: "out/report.html")
/// try AtomicFile.write(to: "big.bin") { file in
///   for block in blocks { try file.write(block) }
/// }
/// ```
public enum AtomicFile {
  /// Writes `data` to `path`. Throws a `Failure` with the path, the system's reason and a remedy.
  public static func write(_ data: Data, to path: String) throws {
    try write(to: path) { try $0.write(data) }
  }

  /// Writes what `body` writes. When `body` throws, the file at `path` stays as it was.
  public static func write(to path: String, _ body: (OutputFile) throws -> Void) throws {
    var status = stat()
    let exists = stat(path, &status) == 0
    switch exists ? status.st_mode & S_IFMT : S_IFREG {
    case S_IFREG: break
    case S_IFDIR:
      throw Failure("cannot write: this is a directory", at: path, remedy: "choose another name")
    default:
      let device = try OutputFile(path, shownAs: path, flags: O_WRONLY)
      try body(device)
      return try device.close()
    }

    try install(path) { temporary in
      let file = try OutputFile(temporary, shownAs: path, flags: O_WRONLY | O_CREAT | O_EXCL)
      if exists { file.setMode(status.st_mode & 0o7777) }
      try body(file)
      try file.flush()
      try file.close()
    }
  }

  /// Replaces the file at `path` by the one that `body` makes at the path it is given, for libraries that open
  /// files themselves. When `body` throws, the file at `path` stays as it was.
  public static func replace(_ path: String, _ body: (String) throws -> Void) throws {
    try install(path) { temporary in
      try body(temporary)
      try flushDirectory(temporary)
    }
  }

  /// Puts the file that `body` makes, and has flushed, in the place of the one at `path`.
  private static func install(_ path: String, _ body: (String) throws -> Void) throws {
    let target = FileManager.default.fileExists(atPath: path) ? try realPath(path) : path
    let temporary = temporaryPath(for: target)
    do {
      try body(temporary)
      guard rename(temporary, target) == 0 else {
        throw Failure.system("cannot replace the file", at: path)
      }
    } catch {
      unlink(temporary)
      throw error
    }
    try flushDirectory(folder(of: target))
  }

  /// Removes temporary files in `folder` whose writers were killed before they could.
  public static func removeLeftovers(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(suffix) {
      let fields = name.dropLast(suffix.count).split(separator: ".")
      guard fields.count >= 3, let process = pid_t(fields[fields.count - 2]) else { continue }
      if kill(process, 0) != 0 && errno == ESRCH { unlink("\(folder)/\(name)") }
    }
  }

  private static let suffix = ".partial"

  /// `.NAME.PROCESS.RANDOM.partial` beside the target.
  private static func temporaryPath(for target: String) -> String {
    let name = Folder.name(of: target).prefix(48)
    let unique = String(UInt32.random(in: 0 ... .max), radix: 36)
    return "\(folder(of: target))/.\(name).\(getpid()).\(unique)\(suffix)"
  }

  private static func realPath(_ path: String) throws -> String {
    guard let resolved = realpath(path, nil) else {
      throw Failure.system("cannot resolve the path", at: path)
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func folder(of path: String) -> String {
    Folder.parent(of: path)
  }

  /// Makes the names in a folder outlive a power cut.
  static func flushDirectory(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure.system("cannot open the folder", at: path) }
    defer { close(descriptor) }
    // Some file systems cannot flush folders and say EINVAL; they order names themselves.
    guard fsync(descriptor) == 0 || errno == EINVAL else {
      throw Failure.system("cannot flush the folder", at: path)
    }
  }
}
