import Files
import Samples

/// Safetensors files, mapped into memory: `FILE.safetensors:NAME`, or the file alone when it holds one array.
struct SafetensorsReader: SampleReader {
  var name: String { "safetensors" }
  var suffixes: [String] { [".safetensors"] }

  /// A length of 8 bytes and the brace of its header.
  func recognizes(_ file: SampleFile) -> Bool {
    file.head.count > 8 && file.head[8] == UInt8(ascii: "{") && file.head[5..<8] == [0, 0, 0]
  }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    let arrays = try Safetensors.layout(file.path)
    let name = try file.member ?? file.onlyMember(of: arrays.map(\.name))
    guard let array = arrays.first(where: { $0.name == name }) else {
      throw Failure(
        "there is no array '\(name)'", at: file.path,
        remedy: "give one of \(arrays.prefix(20).map(\.name).joined(separator: ", "))")
    }
    return .numbers(
      try StoredRows(
        MappedFile(file.path), header: array.header, offset: array.header.offset, name: file.name))
  }
}
