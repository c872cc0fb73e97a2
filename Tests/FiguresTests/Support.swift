import Foundation

/// Runs `body` with a new directory that is removed afterwards.
func withTemporaryDirectory(_ body: (URL) throws -> Void) throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  try body(directory)
}

/// Width and height in the IHDR chunk, big-endian at offsets 16 and 20 of a PNG file.
func pngSize(_ data: Data) -> (width: Int, height: Int) {
  func integer(at offset: Int) -> Int {
    data[data.startIndex + offset..<data.startIndex + offset + 4].reduce(0) { $0 << 8 | Int($1) }
  }
  return (integer(at: 16), integer(at: 20))
}
