import Foundation

/// Any bytes are an array or a `Failure`; an array comes back from its own encoding.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNpy(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do {
    let array = try Npy.decode(Data(UnsafeRawBufferPointer(start: bytes, count: count)))
    let again = try Npy.decode(Npy.parts(of: array).reduce(Data(), +))
    precondition(again == array, "the array changed on its way")
    precondition(array.doubles().count == array.count)
  } catch {
    precondition(isOneLine(error), "not one line: \(error)")
  }
  return 0
}
