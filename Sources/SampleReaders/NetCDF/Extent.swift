import Files
import Foundation

/// Sizes that a file's header announces, before anything is allocated for them.
enum Extent {
  /// The number of elements of a shape.
  /// - Throws: `Failure` when no machine holds so many.
  static func count(_ shape: [Int], at place: String) throws -> Int {
    try bytes(shape, of: 1, at: place)
  }

  /// The bytes of an array; the sum of a thousand such numbers does not overflow.
  static func bytes(_ shape: [Int], of size: Int, at place: String) throws -> Int {
    if shape.contains(0) { return 0 }
    var bytes = size
    for length in shape {
      let (product, overflows) = bytes.multipliedReportingOverflow(by: length)
      guard !overflows, product >= 0, product < 1 << 50 else { throw tooLarge(shape, at: place) }
      bytes = product
    }
    return bytes
  }

  /// - Throws: `Failure` when so much is not to be held in memory.
  static func requireInMemory(_ bytes: Int, _ what: String, at place: String) throws {
    let memory = Memory.limit
    guard bytes <= memory / 2 else {
      throw Failure(
        "\(what) would take \(Memory.text(bytes)) of the \(Memory.text(memory)) of memory",
        at: place,
        remedy: "give a smaller file")
    }
  }

  static func tooLarge(_ shape: [Int], at place: String) -> Failure {
    Failure(
      "the shape \(shape) is larger than any file", at: place,
      remedy: "write or download the file again")
  }

  static func fileSize(_ path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Failure.system("cannot open the file", at: path) }
    return Int(status.st_size)
  }
}
