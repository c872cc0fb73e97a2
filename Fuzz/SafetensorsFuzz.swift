import Foundation

/// Any bytes are a file's contents or a `Failure`; the contents come back from their own encoding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSafetensors(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    let file = try Safetensors.decode(Data(UnsafeRawBufferPointer(start: bytes, count: count)))
    let again = try Safetensors.decode(file.encoded())
    precondition(again == file, "the contents changed on their way")
  } catch {
    precondition(isOneLine(error), "not one line: \(error)")
  }
  return 0
}
