import Foundation

/// Bytes that stay where they are, in memory or in a mapped file, and are read where they lie.
public protocol StoredBytes {
  /// The number of bytes.
  var count: Int { get }
  /// Calls `body` with all the bytes.
  /// - Throws: `Failure` when they are there no longer.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
  /// Says that a range will be read soon, in order, so that the disk can be asked for it at once.
  func willRead(_ range: Range<Int>)
}

extension Data: StoredBytes {
  /// Calls `body` with all the bytes.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
  {
    try withUnsafeBytes(body)
  }
  /// Nothing: the bytes are in memory.
  public func willRead(_: Range<Int>) {}
}

/// A regular file mapped into memory: opening reads nothing, and what is read stays in the system's cache of files,
/// not in the memory of the process.
///
/// A file that is made shorter while it is mapped would end the process by a signal; each access asks for its
/// length first and throws instead.
///
/// ```swift
/// let file = try MappedFile("u.npy")
/// try file.withBytes { bytes in bytes[0] }   // 0x93
/// ```
public final class MappedFile: StoredBytes {
  /// The path, as failures name it.
  public let path: String
  /// The length of the file when it was opened, in bytes.
  public let count: Int
  private let file: InputFile
  private let start: UnsafeMutableRawPointer?

  /// - Throws: `Failure` when the file cannot be opened or is no regular file.
  public convenience init(_ path: String) throws { try self.init(InputFile(path)) }

  init(_ file: InputFile) throws {
    (path, count, self.file) = (file.path, file.bound, file)
    guard count > 0 else {
      start = nil
      return
    }
    let mapped = mmap(nil, count, PROT_READ, MAP_SHARED, file.descriptor, 0)
    guard mapped != MAP_FAILED else {
      throw Failure.system("cannot map the file into memory", at: file.path)
    }
    start = mapped
    // Rows are read in random order: reading ahead would read what is not asked for.
    madvise(mapped, count, MADV_RANDOM)
  }

  deinit { if let start { munmap(start, count) } }

  /// Calls `body` with all the bytes, where they lie.
  /// - Throws: `Failure` when the file has been made shorter.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
  {
    guard try file.currentCount() >= count else {
      throw Failure(
        "the file was shortened while it was read", at: path,
        remedy: "write it again, and leave it as it is while it is in use")
    }
    return try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// Asks the system to read the pages of a range ahead; what lies outside of the file is left out.
  public func willRead(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<count)
    guard let start, !range.isEmpty else { return }
    let first = range.lowerBound & ~(Int(getpagesize()) - 1)
    madvise(start + first, range.upperBound - first, MADV_WILLNEED)
  }
}
