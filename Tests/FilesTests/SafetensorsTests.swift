import Foundation
import Testing

@testable import Files

struct SafetensorsTests {
  @Test func `arrays, order and metadata come back as they were written`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("a.safetensors")
    var file = Safetensors(metadata: ["step": "3", "a \"quoted\"\n\\key": "ü\u{1}\u{1F600}"])
    // Another order, so that narrow elements stand between wide ones.
    for index in arrays.indices {
      let array = arrays[(index * 5 + 3) % arrays.count]
      file["\(array.elementType) \"ü\"\t"] = array
    }
    file["scalar"] = NumericArray([7.5], shape: [])
    file["empty"] = NumericArray([] as [Float], shape: [3, 0])
    try file.write(to: path)
    #expect(try Safetensors.read(path) == file)
    #expect(try contents(path) == file.encoded())
  }
}
