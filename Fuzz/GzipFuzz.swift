import Foundation

/// Any bytes inflate to others, or are a `Failure`, in blocks of any length.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGzip(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let data = Data(UnsafeRawBufferPointer(start: bytes, count: count))
  func inflated(by size: Int) throws -> Data {
    let source = try Inflater(MemorySource(data), format: .gzip, name: "gzip")
    var (reader, all) = (ByteReader(source, name: "gzip"), Data())
    while true {
      let block = try reader.bytes(upTo: size)
      guard !block.isEmpty else { return all }
      all += block
      precondition(all.count <= source.bound, "more came out than can")
    }
  }
  do {
    let whole = try inflated(by: 1 << 16)
    precondition(try! inflated(by: 7) == whole, "blocks change what comes out")  // It has just been inflated.
  } catch {
    precondition(isOneLine(error), "not one line: \(error)")
  }
  return 0
}
