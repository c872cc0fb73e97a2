import Foundation

/// A file without a name in the folder for temporary files (`TMPDIR`): written once, then mapped. It is gone when
/// the process ends, however it ends.
///
/// ```swift
/// let scratch = try ScratchFile(expecting: 8_000_000_000)   // throws when the disk has less
/// try scratch.write(block)
/// let bytes = try scratch.mapped()
/// ```
public final class ScratchFile {
  private let output: OutputFile
  private let folder: String
  private var written = 0
  private static let remedy =
    "free some space, or name another folder by the environment variable TMPDIR"
  /// The space is looked at again after so many bytes; as much is left for others.
  private static let reserve = 1 << 28

  /// - Parameter count: the bytes that will be written, as far as is known.
  /// - Throws: `Failure` when the folder has less free space, or no file can be made in it.
  public init(expecting count: Int) throws {
    folder = NSTemporaryDirectory()
    try Disk.require(count, for: "what is decoded", at: folder, remedy: ScratchFile.remedy)
    var path = Array("\(folder)/couplet-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw Failure.system("cannot create a file", at: folder) }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    output = OutputFile(descriptor, shownAs: folder)
  }

  /// The file that another process opened, and handed to this one.
  package init(_ descriptor: Int32) {
    folder = NSTemporaryDirectory()
    output = OutputFile(descriptor, shownAs: folder)
  }

  /// The bytes written by this process.
  package var count: Int { written }

  /// The bytes that it holds now, whichever process wrote them.
  package var length: Int { output.length }

  /// A descriptor of at least `least` for the same file, to be closed by the caller; negative when there is none left.
  package func duplicate(from least: Int32) -> Int32 { output.duplicate(from: least) }

  /// - Throws: `Failure` when the folder has less free space than `count` bytes.
  package func require(_ count: Int) throws {
    try Disk.require(count, for: "what is decoded", at: folder, remedy: ScratchFile.remedy)
  }

  /// Appends bytes.
  /// - Throws: `Failure` when the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    // More may come than was expected: a disk that is full would stop others too.
    if (written + bytes.count) / ScratchFile.reserve > written / ScratchFile.reserve {
      try Disk.require(
        bytes.count + ScratchFile.reserve, for: "what follows the \(Memory.text(written)) decoded",
        at: folder, remedy: ScratchFile.remedy)
    }
    try output.write(bytes)
    written += bytes.count
  }

  /// Calls `body` with a path by which processes of the same user on this machine can open the file meanwhile.
  /// - Throws: `Failure` when there are no descriptors left, and what `body` throws.
  package func whileOpen<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
    let descriptor = duplicate(from: 3)
    guard descriptor >= 0 else { throw Failure.system("cannot open a file again", at: folder) }
    defer { close(descriptor) }
    return try body("/proc/\(getpid())/fd/\(descriptor)")
  }

  /// Everything written so far.
  /// - Throws: `Failure` when the file cannot be opened again or mapped.
  public func mapped() throws -> MappedFile { try MappedFile(output.reopened()) }
}
