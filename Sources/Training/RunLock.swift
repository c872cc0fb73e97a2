import Files
import Foundation
import Synchronization

/// The right to write into a run directory, which one process has at a time: a lock (`flock`) on the file `.lock` in
/// it. The system releases the lock when the process ends, however it ends, and no child inherits it. The file says
/// whose it is, and stays.
///
/// Values for the same directory share the lock within a process. Reading takes none.
final class RunLock: Sendable {
  /// Whether the file system has locks; where it has none, nobody is kept out.
  let keepsOthersOut: Bool
  private let file: Identity

  private struct Identity: Hashable {
    let device: dev_t
    let number: ino_t
  }

  private struct Held {
    let descriptor: Int32
    let keepsOthersOut: Bool
    var holders: Int
  }

  private static let held = Mutex<[Identity: Held]>([:])

  /// - Throws: `Failure` when another process has the lock, or the folder cannot be written.
  init(_ folder: String) throws {
    guard access(folder, W_OK) == 0 else {
      throw Failure.system("the run cannot be written", at: folder)
    }
    (file, keepsOthersOut) = try Self.held.withLock { held in
      let (descriptor, file) = try Self.open(folder)
      if var known = held[file] {
        close(descriptor)
        known.holders += 1
        held[file] = known
        return (file, known.keepsOthersOut)
      }
      let taken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
      if !taken && errno == EWOULDBLOCK {
        defer { close(descriptor) }
        throw Self.isTaken(descriptor, folder)
      }
      Self.sign(descriptor)
      held[file] = Held(descriptor: descriptor, keepsOthersOut: taken, holders: 1)
      return (file, taken)
    }
  }

  deinit {
    Self.held.withLock { held in
      guard var known = held[file] else { return }
      known.holders -= 1
      held[file] = known.holders > 0 ? known : nil
      if known.holders == 0 { close(known.descriptor) }
    }
  }

  /// Opens the file, made if need be. What is not a file of this folder alone (a link, a pipe) is replaced.
  private static func open(_ folder: String) throws -> (descriptor: Int32, Identity) {
    let path = folder + "/.lock"
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG || status.st_nlink > 1 {
      unlink(path)
    }
    let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw Failure.system("cannot lock the run", at: path) }
    guard fstat(descriptor, &status) == 0 else {
      defer { close(descriptor) }
      throw Failure.system("cannot lock the run", at: path)
    }
    return (descriptor, Identity(device: status.st_dev, number: status.st_ino))
  }

  /// Writes the process and its machine into the file, as far as the disk has room: the lock holds without.
  private static func sign(_ descriptor: Int32) {
    var host = [CChar](repeating: 0, count: 256)
    gethostname(&host, host.count - 1)
    let name = String(decoding: host.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let text = Array("\(getpid()) \(name)\n".utf8)
    ftruncate(descriptor, 0)
    _ = pwrite(descriptor, text, text.count, 0)
  }

  private static func isTaken(_ descriptor: Int32, _ folder: String) -> Failure {
    var bytes = [UInt8](repeating: 0, count: 300)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let words = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    var who = ""
    if words.count == 2, let process = Int32(words[0]) {
      let host = words[1].filter {
        $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0))
      }
      who = " (id \(process) on \(host))"
    }
    return Failure(
      "another process\(who) is training this run", at: folder,
      remedy: "wait until it ends, or stop it")
  }
}
