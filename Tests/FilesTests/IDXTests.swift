import Foundation
import Testing

@testable import Files

struct IDXTests {
  @Test(arguments: arrays.filter { array in IDX.codes.contains { $0.type == array.elementType } })
  func `an array comes back as it was written`(array: NumericArray) throws {
    let scratch = try Scratch()
    let path = try scratch.file("a.idx")
    try IDX.write(array, to: path)
    #expect(try IDX.read(path) == array)
  }
}
