import CNetCDF
import Foundation

/// Any bytes that begin as a classic NetCDF file are read, all of them, or a `Failure`: what our own check of the header lets
/// through, the library reads without harm. NetCDF-4, that is HDF5, is not given to it here: the command reads that in a
/// process of its own.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNetCDF(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let data = Data(UnsafeRawBufferPointer(start: bytes, count: count))
  guard ClassicHeader.begins(data.prefix(4)) else { return 0 }
  let path = "\(NSTemporaryDirectory())/couplet-fuzz-\(getpid()).nc"
  defer { unlink(path) }
  do {
    try data.write(to: URL(filePath: path))
    let file = try NetCDFFile(path)
    for variable in file.variables {
      for name in ["_FillValue", "units", "flag_values"] {
        _ = try file.attribute(name, of: variable)
      }
      // Records that were never written are as many as a number says, and no bytes.
      guard variable.shape.reduce(1.0, { $0 * Double($1) }) < 1e6 else { continue }
      if variable.isText {
        _ = try file.texts(variable)
      } else if variable.isNumeric {
        _ = try file.values(variable)
      }
    }
  } catch {
    precondition(isOneLine(error), "not one line: \(error)")
  }
  return 0
}
