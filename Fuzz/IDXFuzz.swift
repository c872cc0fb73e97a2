import Foundation

/// Any bytes are an array or a `Failure`; an array comes back from its own encoding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzIDX(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    let array = try IDX.decode(Data(UnsafeRawBufferPointer(start: bytes, count: count)))
    let again = try IDX.decode(IDX.encode(array))
    precondition(again == array, "the array changed on its way")
  } catch {
    precondition(isOneLine(error), "not one line: \(error)")
  }
  return 0
}
