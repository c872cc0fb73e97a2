import Foundation

/// Any bytes are an archive's arrays or a `Failure`, read at once or as streams; arrays come back from their own archive.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNpz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let path = "\(NSTemporaryDirectory())/couplet-fuzz-\(getpid()).npz"
  defer { unlink(path) }
  do {
    try Data(UnsafeRawBufferPointer(start: bytes, count: count)).write(to: URL(filePath: path))
    let arrays = try Npz.read(path)
    let sizes = try? streamed(path)
    precondition(sizes == arrays.mapValues(\.bytes.count), "the streams are of other lengths")
    try Npz.write(arrays, to: path, compressed: true)
    let again = try Npz.read(path)
    precondition(again == arrays, "the arrays changed on their way")
  } catch {
    precondition(isOneLine(error), "not one line: \(error)")
  }
  return 0
}

/// The bytes of each array, read block by block.
private func streamed(_ path: String) throws -> [String: Int] {
  var sizes: [String: Int] = [:]
  for name in try Npz.names(path) {
    let stream = try Npz.open(path, array: name)
    while let block = try stream.block(100) { sizes[name, default: 0] += block.count }
    sizes[name, default: 0] += 0
  }
  return sizes
}
