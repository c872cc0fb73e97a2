import Foundation
import Testing

@testable import Files

struct SafetensorsTests {
  /// Arrays of all types, narrow between wide ones.
  static var file: Safetensors {
    var file = Safetensors(metadata: ["step": "3", "a \"quoted\"\n\\key": "ü\u{1}\u{1F600}"])
    for index in arrays.indices {
      let array = arrays[(index * 5 + 3) % arrays.count]
      file["\(array.elementType) \"ü\"\t"] = array
    }
    file["bfloat16"] = NumericArray([BFloat16(bitPattern: 0x3FC0)])
    file["scalar"] = NumericArray([7.5], shape: [])
    file["empty"] = NumericArray([] as [Float], shape: [3, 0])
    return file
  }

  @Test func `arrays, order and metadata come back as they were written`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("a.safetensors")
    let file = Self.file
    try file.write(to: path)
    #expect(try Safetensors.read(path) == file)
    #expect(try contents(path) == file.encoded())
    #expect(file.encoded() == Self.file.encoded())
  }

  @Test func `every array is aligned to its element`() throws {
    var reader = ByteReader(Self.file.encoded(), name: "a")
    let header = try Safetensors.Header.read(&reader)
    #expect(reader.offset % 8 == 0)
    for tensor in header.tensors {
      #expect(tensor.range.lowerBound % tensor.elementType.size == 0)
    }
  }

  @Test func `a file of the reference implementation is read`() throws {
    let file = try Safetensors.read(fixture("reference.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    #expect(file.names.sorted() == ["index", "mask", "weight"])
    #expect(file["weight"] == NumericArray([0, 1, 2, 3, 4, 5] as [Float], shape: [2, 3]))
    #expect(file["index"] == NumericArray([0, 1, 2]))
    #expect(file["mask"] == NumericArray([false]))
  }

  @Test func `an array that is missing or of another shape is named`() throws {
    var file = Safetensors()
    file["w"] = NumericArray([1, 2])
    #expect(try file.array("w", shape: [2]) == NumericArray([1, 2]))
    #expect(
      throws: Failure(
        "there is no array 'b'", at: "safetensors", remedy: "give a file of this very model")
    ) { try file.array("b") }
    #expect(
      throws: Failure(
        "the array 'w' has shape [2], not [2, 1]", at: "safetensors",
        remedy: "give a file of this very model")
    ) { try file.array("w", shape: [2, 1]) }
    file["w"] = nil
    #expect(file.names.isEmpty)
  }

  @Test func `escapes in names are read`() throws {
    let header = #"{"a\u00fc\ud83d\ude00\n\/":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}  "#
    #expect(try Safetensors.decode(safetensors(header, 1)).names == ["aü\u{1F600}\n/"])
  }
}
