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
    let arrays = try StoredRows.arrays(of: file.path)
    let name = try file.member ?? file.onlyMember(of: arrays.map(\.name))
    guard let array = arrays.first(where: { $0.name == name }) else {
      throw Failure(
        "there is no array '\(name)'", at: file.path,
        remedy: "give one of \(arrays.prefix(20).map(\.name).joined(separator: ", "))")
    }
    return .numbers(try array.rows(file.name, missing: options.missing).settled(options))
  }
}

extension StoredRows {
  /// An array of a safetensors file.
  package struct NamedArray {
    /// What the file calls it.
    package let name: String
    private let path: String
    private let header: ArrayHeader

    fileprivate init(_ name: String, of path: String, _ header: ArrayHeader) {
      (self.name, self.path, self.header) = (name, path, header)
    }

    /// Its rows, where they lie; `shown` stands for them in failures.
    package func rows(_ shown: String, missing: SampleOptions.MissingValues = .refuse) throws
      -> StoredRows
    {
      try StoredRows(
        MappedFile(path), header: header, offset: header.offset, missing: missing, name: shown)
    }
  }

  /// The arrays of a safetensors file, of which the header alone is read.
  package static func arrays(of path: String) throws -> [NamedArray] {
    try Safetensors.layout(path).map { NamedArray($0.name, of: path, $0.header) }
  }
}
