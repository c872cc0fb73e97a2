import Foundation
import Testing

@testable import Files

/// An array of each element type of NumPy, of shape [2, 3], with values at the edges of the type.
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

struct NumericArrayTests {
  @Test func `conversions keep values and round to the nearest`() throws {
    #expect(NumericArray([-128, 127] as [Int8]).floats() == [-128, 127])
    #expect(NumericArray([1 / 3.0]).floats() == [1 / 3])
    #expect(NumericArray([65504, -0.5] as [Float16]).doubles() == [65504, -0.5])
    #expect(NumericArray([BFloat16(bitPattern: 0x4049)]).doubles() == [3.140625])
    #expect(NumericArray([true, false]).floats() == [1, 0])
    #expect(try NumericArray([3, -4] as [Float]).integers() == [3, -4])
    #expect(try NumericArray([255, 0] as [Int64]).uint8s() == [255, 0])
  }

  @Test func `a value that does not fit is named`() {
    let half = NumericArray([0, 1, 2, 3, 4, 4.5] as [Float], shape: [2, 3])
    #expect(
      throws: Failure(
        "the value is not an integer from \(Int.min) to \(Int.max)", at: "a.npy (index [1, 2])",
        remedy: "store whole numbers in this range")
    ) { try half.integers(name: "a.npy") }
    #expect(
      throws: Failure(
        "the value is not an integer from 0 to 255", at: "a.npy (index [1])",
        remedy: "store whole numbers in this range")
    ) { try NumericArray([0, 256]).uint8s(name: "a.npy") }
    #expect(throws: Failure.self) { try NumericArray([UInt64.max]).integers() }
  }

  @Test func `the first value that is not finite is named, wherever it stands`() throws {
    // The search goes in blocks of 4096: positions in the first, at an edge, in the last.
    for index in [0, 4095, 4096, 9999] {
      var values = [Double](repeating: 1, count: 10_000)
      values[index] = .infinity
      values[9999] = .nan
      #expect(
        throws: Failure(
          "the value is not a finite number", at: "a.npy (index [\(index / 100), \(index % 100)])",
          remedy: "remove or replace NaN and infinite values")
      ) { try NumericArray(values, shape: [100, 100]).requireFinite(name: "a.npy") }
    }
    try NumericArray([Double.greatestFiniteMagnitude, -0.0]).requireFinite()
    try NumericArray([Int.max]).requireFinite()
  }

  @Test func `bytes of a bool other than 0 become 1`() {
    let array = NumericArray(elementType: .bool, shape: [3], bytes: Data([0, 2, 255]))
    #expect(array == NumericArray([false, true, true]))
  }

  @Test func `the product of a shape is nil when it overflows`() {
    #expect(NumericArray.count(of: []) == 1)
    #expect(NumericArray.count(of: [2, 3]) == 6)
    #expect(NumericArray.count(of: [1 << 62, 1 << 62, 0]) == 0)
    #expect(NumericArray.count(of: [1 << 32, 1 << 31]) == nil)
    #expect(NumericArray.count(of: [-1]) == nil)
  }
}
