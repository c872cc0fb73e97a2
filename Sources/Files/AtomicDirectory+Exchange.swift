import CFiles
import Foundation

extension AtomicDirectory {
  /// Makes the folder that a user named, or puts a new one in its place, so that a kill at any moment leaves the old
  /// or the new one, complete.
  ///
  /// The new contents are written beside, into `.NAME.PROCESS.RANDOM.partial`, and flushed; then the file system
  /// exchanges the two folders in one step, and the old one is removed. Unlike `write`, this takes no other name that
  /// may be the user's, and who reads sees nothing of it. What killed processes left goes with the next exchange.
  ///
  /// ```swift
  /// try AtomicDirectory.exchange("field", holding: ["u.npy", "v.npy"]) { folder in
  ///   try Npy.write(u, to: "\(folder)/u.npy")
  ///   try Npy.write(v, to: "\(folder)/v.npy")
  /// }
  /// ```
  /// - Parameters:
  ///   - path: the folder; a link is followed.
  ///   - names: of the files that may be there and are replaced.
  ///   - body: gets the path to fill. When it throws, the folder stays as it was.
  /// - Throws: `Failure` when the folder holds other files, cannot be replaced, or a file cannot be written.
  public static func exchange(
    _ path: String, holding names: Set<String>, _ body: (String) throws -> Void
  ) throws {
    let target = try place(of: path)
    var old = stat()
    let exists = stat(target, &old) == 0
    if exists {
      try requireReplaceable(target, old, names, shownAs: path)
    } else {
      try Folder.make(AtomicFile.folder(of: target))
    }
    AtomicFile.removeLeftovers(
      in: AtomicFile.folder(of: target), of: Folder.name(of: target))
    let partial = AtomicFile.temporaryPath(for: target)
    guard mkdir(partial, 0o777) == 0 else {
      throw Failure.system("cannot create the folder", at: path)
    }
    // Shows others that its writer lives.
    let descriptor = Foundation.open(partial, O_RDONLY | O_CLOEXEC)
    flock(descriptor, LOCK_EX | LOCK_NB)
    defer {
      close(descriptor)
      try? remove(partial)
    }
    do {
      try body(partial)
      if exists { chmod(partial, old.st_mode & 0o7777) }
      try flush(partial)
    } catch let failure as Failure where "\(failure.place)".contains(partial) {
      throw failure.at(Place(path: path))
    }
    try put(partial, at: target, exchanging: exists, shownAs: path)
    try AtomicFile.flushDirectory(AtomicFile.folder(of: target))
  }

  /// The folder that `path` leads to, as an absolute path where it is there.
  private static func place(of path: String) throws -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return try AtomicFile.end(of: path)
  }

  private static func put(
    _ partial: String, at target: String, exchanging: Bool, shownAs path: String
  ) throws {
    let code =
      exchanging ? cfiles_exchange(partial, target) : rename(partial, target) == 0 ? 0 : errno
    switch code {
    case 0: return
    case EINVAL where exchanging, ENOSYS where exchanging, ENOTSUP where exchanging,
      EXDEV where exchanging:
      throw Failure(
        "this file system cannot exchange two folders", at: path,
        remedy: "remove the folder first, or choose another")
    default: throw Failure.system("cannot replace the folder", at: path, code: code)
    }
  }

  /// Refuses what is not a folder, holds anything that would be lost, or cannot be renamed.
  private static func requireReplaceable(
    _ target: String, _ status: stat, _ names: Set<String>, shownAs path: String
  ) throws {
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw Failure("this is not a folder", at: path, remedy: "choose another name")
    }
    let stranger = try Folder.names(in: target).first { name in
      !names.contains(name) && !name.hasPrefix(".incoming.")
        && !(name.hasPrefix(".") && name.hasSuffix(".partial"))
    }
    if let stranger {
      throw Failure(
        "the folder holds other files (\(stranger))", at: path, remedy: "choose another folder")
    }
    var (current, above) = (stat(), stat())
    stat(".", &current)
    stat(target + "/..", &above)
    guard (current.st_dev, current.st_ino) != (status.st_dev, status.st_ino) else {
      throw Failure(
        "the folder that the command runs in cannot be replaced", at: path,
        remedy: "choose another folder, in it say")
    }
    guard above.st_dev == status.st_dev else {
      throw Failure(
        "a disk's own folder cannot be replaced", at: path,
        remedy: "choose another folder, in it say")
    }
  }
}
