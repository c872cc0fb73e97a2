import Foundation
import Testing

@testable import Files

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

  @Test func `bfloat16 is written as float32`() throws {
    let array = NumericArray([BFloat16(bitPattern: 0x3FC0), BFloat16(bitPattern: 0xC000)])
    let scratch = try Scratch()
    let path = try scratch.file("a.npy")
    try Npy.write(array, to: path)
    #expect(try Npy.read(path) == NumericArray([1.5, -2] as [Float]))
  }

  @Test(
    arguments: [
      ("c_f4", .float32, [2, 3]), ("fortran_f8", .float64, [2, 3]),
      ("fortran_i2_4d", .int16, [3, 4, 2, 5]), ("fortran_u1_3d", .uint8, [7, 3, 11]),
      ("fortran_big_i4", .int32, [40, 70]), ("big_f2", .float16, [2, 3]),
      ("big_u8", .uint64, [2, 3]), ("version2", .int64, [5]), ("version3", .float64, [5]),
      ("scalar", .float64, []), ("empty", .uint16, [0, 4]),
    ] as [(String, ElementType, [Int])])
  func `NumPy's files hold 0, 1, 2, … in row-major order`(
    name: String, type: ElementType, shape: [Int]
  ) throws {
    let array = try Npy.read(fixture("\(name).npy"))
    #expect(array.elementType == type)
    #expect(array.shape == shape)
    #expect(try array.integers() == Array(0..<shape.reduce(1, *)))
  }

  @Test func `the bytes written are NumPy's own`() throws {
    let array = NumericArray((0..<6).map(Float.init), shape: [2, 3])
    #expect(try Npy.parts(of: array).reduce(Data(), +) == contents(fixture("c_f4.npy")))
  }

  @Test func `long integers of Python 2 and any order of keys are read`() throws {
    let data = npy("{\"shape\": (2L,), 'fortran_order':False,'descr':'|u1'}", [7, 8])
    #expect(try Npy.decode(data).uint8s() == [7, 8])
  }
}

struct NpzTests {
  @Test func `NumPy's archives are read, stored and deflated`() throws {
    let stored = try Npz.read(fixture("stored.npz"))
    #expect(stored.keys.sorted() == ["a", "b"])
    #expect(stored["a"] == NumericArray([0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3]))
    #expect(stored["b"] == NumericArray([0, 1, 2, 3]))
    let deflated = try Npz.read(fixture("deflated.npz"))
    #expect(deflated["a"] == stored["a"])
    #expect(try deflated["b"]?.integers() == Array(0..<100))
  }

  @Test(arguments: [false, true])
  func `arrays come back as they were written`(compressed: Bool) throws {
    let scratch = try Scratch()
    let path = try scratch.file("a.npz")
    let named = Dictionary(uniqueKeysWithValues: arrays.map { ("ü \($0.elementType)", $0) })
    try Npz.write(named, to: path, compressed: compressed)
    #expect(try Npz.read(path) == named)
    let first = try contents(path)
    try Npz.write(named, to: path, compressed: compressed)
    #expect(try contents(path) == first)
  }
}
