import Foundation

/// A regular file open for reading.
final class InputFile: ByteSource {
  let path: String
  let bound: Int
  let descriptor: Int32
  private var position = 0

  convenience init(_ path: String) throws {
    // A pipe that nobody writes to is not waited for; of a regular file the flag says nothing.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Failure.system("cannot open the file", at: path) }
    try self.init(descriptor, path: path)
  }

  /// Takes an open file over.
  init(_ descriptor: Int32, path: String) throws {
    self.path = path
    self.descriptor = descriptor
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw Failure.system("cannot inspect the file", at: path)
    }
    do {
      try FileKind.requireRegular(status, at: path)
    } catch {
      close(descriptor)
      throw error
    }
    bound = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// The length that the file has now.
  func currentCount() throws -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Failure.system("cannot inspect the file", at: path)
    }
    return Int(status.st_size)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try read(into: buffer, at: position)
    position += count
    return count
  }

  /// Reads bytes from an offset on, without moving on.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      // A read of 2 GiB or more is cut short on some systems; one of 1 GiB is not.
      let count = pread(
        descriptor, rest.baseAddress, min(rest.count, 1 << 30), off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Failure.system("cannot read the file", at: path) }
      if count == 0 { break }
      done += count
    }
    return done
  }
}

/// A part of a file.
final class FileSlice: ByteSource {
  let bound: Int
  private let file: InputFile
  private let start: Int
  private var position = 0

  /// The `count` bytes of `file` from `offset` on, or as many of them as the file has.
  init(_ file: InputFile, from offset: Int, count: Int) {
    self.file = file
    start = min(offset, file.bound)
    bound = max(0, min(count, file.bound - start))
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let rest = UnsafeMutableRawBufferPointer(
      rebasing: buffer[..<min(buffer.count, bound - position)])
    let count = try file.read(into: rest, at: start + position)
    position += count
    return count
  }
}

extension Failure {
  /// The failure of a system call: `errno` in words, and a remedy that fits it.
  public static func system(_ what: String, at place: String, code: Int32 = errno) -> Failure {
    let remedy =
      switch code {
      case ENOENT, ENOTDIR: "check the path; its folder must exist"
      case EACCES, EPERM: "check the permissions"
      case EROFS: "choose a folder that can be written"
      case ENOSPC, EDQUOT: "free some space or choose another disk"
      case EFBIG: "raise the file size limit or choose another disk"
      case EISDIR, ENOTEMPTY, EEXIST: "choose another name"
      case EMFILE, ENFILE: "close other files or raise the limit of open files"
      case ENAMETOOLONG: "choose a shorter name"
      default: "check the path and the disk"
      }
    return Failure("\(what): \(String(cString: strerror(code)))", at: place, remedy: remedy)
  }
}
