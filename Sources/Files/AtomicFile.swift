import Foundation

/// What a writer does where its path is a symbolic link or a pipe.
public enum Links: Sendable {
  /// Replaces it, so that nothing is written outside the folder that it lies in: for whatever belongs to a folder,
  /// which somebody else may have prepared.
  case replaced
  /// Writes to where it leads, whether something is there or not: for a path that the user typed.
  case followed
}

/// Writing files so that whatever happens — a full disk, a kill, a failure half-way — the path
/// holds either the old file or the new one, whole.
///
/// The bytes go to a temporary file in the same folder, which is flushed to the disk and then
/// renamed over the path; the folder is flushed last, so that the new name outlives a power cut. On
/// any failure the temporary file is removed; those that killed processes left go with the next
/// writing of the same file. A device (`/dev/null`) is written directly, since there is nothing to
/// keep. `Links` says what becomes of a symbolic link.
///
/// ```swift
/// try AtomicFile.write(data, to: "out/report.html")
/// try AtomicFile.write(to: "big.bin") { file in
///   for block in blocks { try file.write(block) }
/// }
/// ```
public enum AtomicFile {
  /// Writes `data` to `path`. Throws a `Failure` with the path, the system's reason and a remedy.
  public static func write(_ data: Data, to path: String, links: Links = .replaced) throws {
    try write(to: path, links: links) { try $0.write(data) }
  }

  /// Writes a value as JSON that people can read, with sorted keys.
  public static func write(json value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(try encoder.encode(value) + Data("\n".utf8), to: path)
  }

  /// Writes what `body` writes. When `body` throws, the file at `path` stays as it was.
  public static func write(
    to path: String, links: Links = .replaced, _ body: (OutputFile) throws -> Void
  ) throws {
    var status = stat()
    let exists = (links == .followed ? stat(path, &status) : lstat(path, &status)) == 0
    let kind = exists ? status.st_mode & S_IFMT : S_IFREG
    switch kind {
    case S_IFREG: break
    case _ where links == .replaced && [S_IFLNK, S_IFIFO, S_IFSOCK].contains(kind): break
    case S_IFDIR:
      throw Failure("cannot write: this is a directory", at: path, remedy: "choose another name")
    default:
      let device = try OutputFile(path, shownAs: path, flags: O_WRONLY)
      try body(device)
      return try device.close()
    }

    try install(path, links) { temporary in
      let file = try OutputFile(temporary, shownAs: path, flags: O_WRONLY | O_CREAT | O_EXCL)
      file.lock()
      if exists && kind == S_IFREG { file.setMode(status.st_mode & 0o7777) }
      try body(file)
      try file.flush()
      try file.close()
    }
  }

  /// Replaces the file at `path` by the one that `body` makes at the path it is given, for libraries that open
  /// files themselves. When `body` throws, the file at `path` stays as it was.
  public static func replace(_ path: String, _ body: (String) throws -> Void) throws {
    try install(path, .replaced) { temporary in
      try body(temporary)
      try flushDirectory(temporary)
    }
  }

  /// Puts the file that `body` makes, and has flushed, in the place of the one at `path`.
  private static func install(
    _ path: String, _ links: Links, _ body: (String) throws -> Void
  ) throws {
    let target = links == .followed ? try end(of: path) : path
    removeLeftovers(in: folder(of: target), of: Folder.name(of: target))
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

  /// Removes what was being written in `folder` by processes that were killed: files, and folders that were to
  /// replace others.
  /// - Parameter target: the name of what was to be replaced; nil for all.
  public static func removeLeftovers(in folder: String, of target: String? = nil) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(target.map { "." + shortened($0) + "." } ?? ".") {
      guard name.hasSuffix(suffix) else { continue }
      let fields = name.dropLast(suffix.count).split(separator: ".")
      guard fields.count >= 3, let process = pid_t(fields[fields.count - 2]),
        isGone(process, from: "\(folder)/\(name)")
      else { continue }
      try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// Whether the process that wrote a temporary file has ended. Its number says nothing on another machine, or in
  /// another container, that shares the folder: there the lock does, which it keeps while it writes.
  private static func isGone(_ process: pid_t, from path: String) -> Bool {
    guard kill(process, 0) != 0 && errno == ESRCH else { return false }
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
  }

  private static let suffix = ".partial"

  /// `.NAME.PROCESS.RANDOM.partial` beside the target.
  static func temporaryPath(for target: String) -> String {
    let name = shortened(Folder.name(of: target))
    let unique = String(UInt32.random(in: 0 ... .max), radix: 36)
    return "\(folder(of: target))/.\(name).\(getpid()).\(unique)\(suffix)"
  }

  /// The part of a name that its temporary file bears.
  private static func shortened(_ name: String) -> Substring { name.prefix(48) }

  /// Where the links at `path` end, whether something is there or not.
  static func end(of path: String) throws -> String {
    var end = path
    // As many as Linux follows.
    for _ in 0..<40 {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: end) else {
        return end
      }
      end = next.hasPrefix("/") ? next : "\(folder(of: end))/\(next)"
    }
    throw Failure.system("cannot follow the link", at: path, code: ELOOP)
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
