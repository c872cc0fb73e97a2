import Foundation

/// Named arrays and a string dictionary, as the safetensors format holds them: the length of a JSON
/// header as 8 little-endian bytes, the header, and the elements of all arrays without a gap. PyTorch
/// reads and writes it; nothing in it is code.
///
/// ```swift
/// var weights = Safetensors(metadata: ["step": "1200"])
/// weights["encoder.weight"] = NumericArray([1, 2, 3, 4] as [Float], shape: [2, 2])
/// try weights.write(to: "model.safetensors")
///
/// let read = try Safetensors.read("model.safetensors")
/// read["encoder.weight"]?.shape                    // [2, 2]
/// try read.array("encoder.bias")                   // throws: there is no array of that name
/// ```
///
/// Equal values make equal files, byte for byte: arrays keep their order in the header, and metadata
/// is sorted by key. In the data, wider elements come first, so that every array is aligned.
public struct Safetensors: Equatable, Sendable {
  /// An array with its name.
  public struct Entry: Equatable, Sendable {
    /// What the array is called in the header.
    public var name: String
    /// Its elements, type and shape.
    public var array: NumericArray
  }

  /// The arrays, in the order of the file's header. Names differ.
  public private(set) var entries: [Entry] = []
  /// Texts by key: the header's `__metadata__`.
  public var metadata: [String: String]
  /// The file that this was read from, for failures.
  private var source = "safetensors"
  private var places: [String: Int] = [:]

  /// Nothing but metadata; arrays are added by their names.
  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  /// The names of the arrays, in their order.
  public var names: [String] { entries.map(\.name) }

  /// The array of this name. Setting nil to a name removes its array.
  public subscript(name: String) -> NumericArray? {
    get { places[name].map { entries[$0].array } }
    set {
      switch (places[name], newValue) {
      case (let place?, let array?): entries[place].array = array
      case (nil, let array?):
        require(name != Header.metadataKey, "\(name) is not a name for an array")
        places[name] = entries.count
        entries.append(Entry(name: name, array: array))
      case (let place?, nil):
        entries.remove(at: place)
        places = Dictionary(uniqueKeysWithValues: zip(names, entries.indices))
      case (nil, nil): break
      }
    }
  }

  /// The array of this name. Throws a `Failure` when there is none, or, with `shape`, when its shape
  /// is another.
  public func array(_ name: String, shape: [Int]? = nil) throws -> NumericArray {
    guard let array = self[name] else {
      throw Failure(
        "there is no array '\(name)'", at: source, remedy: "give a file of this very model")
    }
    guard shape == nil || array.shape == shape else {
      throw Failure(
        "the array '\(name)' has shape \(array.shape), not \(shape ?? [])", at: source,
        remedy: "give a file of this very model")
    }
    return array
  }

  /// Whether arrays, their order, and metadata are the same; from which file they were read does not matter.
  public static func == (a: Safetensors, b: Safetensors) -> Bool {
    a.entries == b.entries && a.metadata == b.metadata
  }

  // MARK: Reading and writing

  /// Reads a file. The size of every array is checked against the file before memory is asked for.
  /// - Throws: `Failure` naming the file and the offset, or the array, of what is missing or damaged.
  public static func read(_ path: String) throws -> Safetensors {
    var reader = ByteReader(try InputFile(path), name: path)
    return try decode(&reader)
  }

  /// Reads a file's bytes; `name` stands for the file in failures.
  /// - Throws: `Failure` naming the array or the offset of what is missing or damaged.
  public static func decode(_ data: Data, name: String = "safetensors data") throws -> Safetensors {
    var reader = ByteReader(data, name: name)
    return try decode(&reader)
  }

  /// Writes the file, atomically.
  /// - Throws: `Failure` when the file cannot be written.
  public func write(to path: String) throws {
    try AtomicFile.write(to: path) { file in
      try file.write(Header(self).encoded)
      for entry in Self.dataOrder(entries) { try file.write(entry.array.bytes) }
    }
  }

  /// What is known of an array before its elements are.
  public struct Slot: Sendable {
    let name: String
    let elementType: ElementType
    let shape: [Int]

    /// The product of the shape must be a number of elements that there can be.
    public init(_ name: String, _ elementType: ElementType, shape: [Int]) {
      (self.name, self.elementType, self.shape) = (name, elementType, shape)
    }

    var size: Int { (NumericArray.count(of: shape) ?? 0) * elementType.size }
  }

  /// Writes a file, atomically, whose elements come one after the other, so that they need not be in memory together.
  /// - Parameters:
  ///   - slots: the arrays, wider elements first.
  ///   - elements: writes the elements of all arrays, in their order.
  /// - Throws: `Failure` when the file cannot be written, and what `elements` throws.
  ///
  /// ```swift
  /// try Safetensors.write([.init("x", .float32, shape: [2, 3])], to: "x.safetensors") { file in
  ///   for row in rows { try file.write(row) }
  /// }
  /// ```
  public static func write(
    _ slots: [Slot], metadata: [String: String] = [:], to path: String,
    elements: (OutputFile) throws -> Void
  ) throws {
    var (header, offset) = (Header(), 0)
    header.metadata = metadata
    for slot in slots {
      let range = offset..<offset + slot.size
      header.tensors.append(
        Header.Tensor(
          name: slot.name, elementType: slot.elementType, shape: slot.shape, range: range))
      offset = range.upperBound
    }
    let bytes = offset
    try AtomicFile.write(to: path) { file in
      try file.write(header.encoded)
      let start = file.written
      try elements(file)
      require(
        file.written - start == bytes,
        "Safetensors.write: \(file.written - start) bytes for arrays of \(bytes)")
    }
  }

  /// The texts of a file, of which the header alone is read.
  /// - Throws: `Failure` naming the offset of what is damaged.
  public static func metadata(of path: String) throws -> [String: String] {
    var reader = ByteReader(try InputFile(path), name: path)
    return try Header.read(&reader).metadata
  }

  /// The bytes of the file: header, then data.
  public func encoded() -> Data {
    Self.dataOrder(entries).reduce(into: Header(self).encoded) { $0.append($1.array.bytes) }
  }

  private static func decode(_ reader: inout ByteReader) throws -> Safetensors {
    let header = try Header.read(&reader)
    var result = Safetensors(metadata: header.metadata)
    result.source = reader.name
    var arrays: [String: NumericArray] = [:]
    for tensor in header.tensors.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      let bytes = try reader.bytes(tensor.range.count, field: "data of '\(tensor.name)'")
      arrays[tensor.name] = NumericArray(
        elementType: tensor.elementType, shape: tensor.shape, bytes: bytes)
    }
    for tensor in header.tensors { result[tensor.name] = arrays[tensor.name] }
    try reader.expectEnd()
    return result
  }

  /// Wider elements first, otherwise as they are.
  static func dataOrder(_ entries: [Entry]) -> [Entry] {
    [8, 4, 2, 1].flatMap { size in entries.filter { $0.array.elementType.size == size } }
  }
}
