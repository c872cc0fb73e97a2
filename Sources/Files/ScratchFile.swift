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

  /// - Parameter count: the bytes that will be written, as far as is known.
  /// - Throws: `Failure` when the folder has less free space, or no file can be made in it.
  public init(expecting count: Int) throws {
    let folder = NSTemporaryDirectory()
    let remedy = "free some space, or name another folder by the environment variable TMPDIR"
    var disk = statvfs()
    guard statvfs(folder, &disk) == 0 else {
      throw Failure.system("cannot inspect the folder for temporary files", at: folder)
    }
    let free = Int(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int(disk.f_frsize))
    guard free.overflow || count <= free.partialValue else {
      throw Failure(
        "what is decoded needs \(Memory.text(count)) of disk, and \(Memory.text(free.partialValue)) are free",
        at: folder, remedy: remedy)
    }
    var path = Array("\(folder)/couplet-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw Failure.system("cannot create a file", at: folder) }
    unlink(path)
    output = OutputFile(descriptor, shownAs: folder)
  }

  /// Appends bytes.
  /// - Throws: `Failure` when the disk is full.
  public func write(_ bytes: UnsafeRawBufferPointer) throws { try output.write(bytes) }

  /// Everything written so far.
  /// - Throws: `Failure` when the file cannot be opened again or mapped.
  public func mapped() throws -> MappedFile { try MappedFile(output.reopened()) }
}
