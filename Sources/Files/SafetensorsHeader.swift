import Foundation

extension Safetensors {
  /// The JSON header: `{"__metadata__": {…}, "name": {"dtype": "F32", "shape": [2, 2],
  /// "data_offsets": [0, 16]}, …}`.
  struct Header {
    struct Tensor {
      var name: String
      var elementType: ElementType
      var shape: [Int]
      /// Its bytes, counted from the header's end.
      var range: Range<Int>
    }

    var tensors: [Tensor] = []
    var metadata: [String: String] = [:]

    static let metadataKey = "__metadata__"
    /// The reference implementation's limit.
    static let maximalLength = 100_000_000

    static let dtypes: [(name: String, type: ElementType)] = [
      ("BOOL", .bool), ("U8", .uint8), ("U16", .uint16), ("U32", .uint32), ("U64", .uint64),
      ("I8", .int8), ("I16", .int16), ("I32", .int32), ("I64", .int64),
      ("F16", .float16), ("BF16", .bfloat16), ("F32", .float32), ("F64", .float64),
    ]

    static let remedy = "write the file again with a safetensors library"
  }
}

// MARK: - Writing

extension Safetensors.Header {
  init(_ file: Safetensors) {
    metadata = file.metadata
    var offsets: [String: Range<Int>] = [:]
    var offset = 0
    for entry in Safetensors.dataOrder(file.entries) {
      offsets[entry.name] = offset..<offset + entry.array.bytes.count
      offset += entry.array.bytes.count
    }
    tensors = file.entries.map {
      Tensor(
        name: $0.name, elementType: $0.array.elementType, shape: $0.array.shape,
        range: offsets[$0.name] ?? 0..<0)
    }
  }

  /// Length and header, padded with spaces to a multiple of 8 bytes.
  var encoded: Data {
    var fields: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }
      fields.append("\"\(Self.metadataKey)\":{\(pairs.joined(separator: ","))}")
    }
    for tensor in tensors {
      let dtype = Self.dtypes.first { $0.type == tensor.elementType }?.name ?? ""
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      fields.append(
        """
        \(JSONText.quoted(tensor.name)):{"dtype":"\(dtype)","shape":[\(shape)],\
        "data_offsets":[\(tensor.range.lowerBound),\(tensor.range.upperBound)]}
        """)
    }
    var text = Data("{\(fields.joined(separator: ","))}".utf8)
    text.append(Data(repeating: 0x20, count: (8 - text.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text
  }
}

// MARK: - Reading

extension Safetensors.Header {
  /// Reads and checks the header: afterwards the tensors' ranges fill the file without gap or
  /// overlap, and each has the size of its shape.
  static func read(_ reader: inout ByteReader) throws -> Self {
    let length = try reader.integer(UInt64.self, field: "header length")
    guard length <= maximalLength else {
      throw reader.failure(
        "a header of \(length) bytes is absurd", "header length", offset: 0,
        remedy: "give a safetensors file")
    }
    let start = reader.offset
    let text = try reader.bytes(Int(length), field: "header")
    do {
      var header = Self()
      var json = JSONText(text)
      try header.parse(&json)
      try header.checkRanges(fill: reader.bound)
      return header
    } catch let error as JSONText.Malformed {
      throw reader.failure(
        error.what, "header", offset: start + error.position, remedy: Self.remedy)
    }
  }

  private mutating func parse(_ json: inout JSONText) throws {
    guard json.peek == UInt8(ascii: "{") else { throw json.malformed("it does not start with '{'") }
    var names: Set<String> = []
    try json.object { json, name in
      guard names.insert(name).inserted else {
        throw json.malformed("the name '\(name)' occurs twice")
      }
      if name == Self.metadataKey {
        try json.object { json, key in
          guard metadata.updateValue(try json.string(), forKey: key) == nil else {
            throw json.malformed("the metadata key '\(key)' occurs twice")
          }
        }
      } else {
        tensors.append(try Self.tensor(name, &json))
      }
    }
    try json.expectEnd()
  }

  private static func tensor(_ name: String, _ json: inout JSONText) throws -> Tensor {
    var type: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try json.object { json, key in
      switch key {
      case "dtype" where type == nil:
        let dtype = try json.string()
        guard let known = dtypes.first(where: { $0.name == dtype })?.type else {
          throw json.malformed("'\(name)' has the unsupported dtype '\(dtype)'")
        }
        type = known
      case "shape" where shape == nil: shape = try json.integers()
      case "data_offsets" where offsets == nil: offsets = try json.integers()
      default: throw json.malformed("'\(name)' has the key '\(key)', which is repeated or unknown")
      }
    }
    guard let type, let shape, let offsets else {
      throw json.malformed("'\(name)' lacks dtype, shape or data_offsets")
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw json.malformed("'\(name)' has data_offsets \(offsets), not a range")
    }
    guard let count = NumericArray.count(of: shape), count <= Int.max / type.size,
      count * type.size == offsets[1] - offsets[0]
    else {
      throw json.malformed(
        "'\(name)' has \(offsets[1] - offsets[0]) bytes, not those of shape \(shape) of \(type)")
    }
    return Tensor(name: name, elementType: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  private func checkRanges(fill count: Int) throws {
    var end = 0
    for tensor in tensors.sorted(by: { $0.range.isBefore($1.range) }) {
      guard tensor.range.lowerBound == end else {
        let what = tensor.range.lowerBound > end ? "a gap before" : "an overlap with"
        throw JSONText.Malformed(
          what: "data_offsets leave \(what) '\(tensor.name)' at \(end)", position: 0)
      }
      end = tensor.range.upperBound
    }
    guard end == count else {
      throw JSONText.Malformed(
        what: "data_offsets end at \(end), but \(count) bytes of data follow", position: 0)
    }
  }
}

extension Range<Int> {
  fileprivate func isBefore(_ other: Self) -> Bool {
    (lowerBound, upperBound) < (other.lowerBound, other.upperBound)
  }
}
