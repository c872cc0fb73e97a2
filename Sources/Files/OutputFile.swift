import Foundation

/// A file open for writing, as `AtomicFile.write(to:_:)` hands it out.
public final class OutputFile {
  private let shownPath: String
  private var descriptor: Int32
  /// How many bytes have been written.
  public private(set) var written = 0

  /// Creates or opens `path`; failures name `shownPath`, the path that the user knows.
  init(_ path: String, shownAs shownPath: String, flags: Int32) throws {
    self.shownPath = shownPath
    descriptor = open(path, flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
  }

  /// Takes an open file over.
  init(_ descriptor: Int32, shownAs shownPath: String) {
    self.shownPath = shownPath
    self.descriptor = descriptor
  }

  /// The same file, open for reading.
  func reopened() throws -> InputFile {
    let copy = dup(descriptor)
    guard copy >= 0 else { throw failure() }
    return try InputFile(copy, path: shownPath)
  }

  /// The bytes that it holds now, whichever process wrote them; 0 when the system does not say.
  var length: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  /// A descriptor of at least `least` for the same file, to be closed by the caller; negative when there is none left.
  package func duplicate(from least: Int32) -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, least) }

  deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

  /// Appends the bytes.
  /// - Throws: `Failure` when they cannot be written, for example because the disk is full.
  public func write(_ data: Data) throws {
    try data.withUnsafeBytes { try write($0) }
  }

  /// Appends the bytes, in pieces of at most a gibibyte.
  /// - Throws: `Failure` when they cannot be written, for example because the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw failure() }
      done += count
      written += count
    }
  }

  /// Shows others that its writer lives, where the file system has locks.
  func lock() { flock(descriptor, LOCK_EX | LOCK_NB) }

  func setMode(_ mode: mode_t) { fchmod(descriptor, mode) }

  func flush() throws {
    guard fsync(descriptor) == 0 else { throw failure() }
  }

  /// Closes the file, which is when some file systems say that the disk is full.
  func close() throws {
    defer { descriptor = -1 }
    guard Foundation.close(descriptor) == 0 else { throw failure() }
  }

  private func failure() -> Failure { .system("cannot write", at: shownPath) }
}
