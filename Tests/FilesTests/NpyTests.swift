import Foundation
import Testing

@testable import Files

/// An array of each element type, of shape [2, 3], with values at the edges of the type.
let arrays: [NumericArray] = [
  NumericArray([true, false, true, true, false, false], shape: [2, 3]),
  NumericArray([0, 1, 2, 253, 254, 255] as [UInt8], shape: [2, 3]),
  NumericArray([0, 1, 2, 3, 256, .max] as [UInt16], shape: [2, 3]),
  NumericArray([0, 1, 2, 3, 65536, .max] as [UInt32], shape: [2, 3]),
  NumericArray([0, 1, 2, 3, 1 << 32, .max] as [UInt64], shape: [2, 3]),
  NumericArray([-128, -1, 0, 1, 2, 127] as [Int8], shape: [2, 3]),
  NumericArray([.min, -1, 0, 1, 2, .max] as [Int16], shape: [2, 3]),
  NumericArray([.min, -1, 0, 1, 2, .max] as [Int32], shape: [2, 3]),
  NumericArray([.min, -1, 0, 1, 2, .max] as [Int64], shape: [2, 3]),
  NumericArray([-0.5, 0, 1, 2, .leastNonzeroMagnitude, 65504] as [Float16], shape: [2, 3]),
  NumericArray([-0.5, 0, .nan, .infinity, 2, 3] as [Float], shape: [2, 3]),
  NumericArray([-0.5, 0, .nan, -.infinity, 2, .pi] as [Double], shape: [2, 3]),
]

struct NpyTests {
  @Test(arguments: arrays)
  func `an array comes back as it was written`(array: NumericArray) throws {
    let scratch = try Scratch()
    let path = try scratch.file("a.npy")
    try Npy.write(array, to: path)
    #expect(try Npy.read(path) == array)
    // Elements start at a multiple of 64 bytes, as NumPy's do.
    #expect(try contents(path).count == 128 + array.bytes.count)
  }
}
