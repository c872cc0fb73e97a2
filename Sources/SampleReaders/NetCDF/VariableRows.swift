import CNetCDF
import Files
import Samples

/// A variable of numbers as samples: along its first axis, unless another is known to count them.
struct VariableRows {
  private let file: NetCDFFile
  private let variable: NetCDFFile.Variable
  private let conventions: Conventions
  private let axis: Int
  private let name: String

  /// - Throws: `Failure` when it holds no samples, or an attribute cannot be understood.
  init(_ variable: NetCDFFile.Variable, of file: NetCDFFile, _ options: SampleOptions) throws {
    (self.file, self.variable) = (file, variable)
    name = "\(file.path):\(variable.name)"
    guard !variable.shape.isEmpty, !variable.shape.contains(0) else {
      throw Failure(
        variable.shape.isEmpty
          ? "a single number is not a set of samples"
          : "there are no numbers: the shape is \(variable.shape)", at: name,
        remedy: "give a variable with an axis that counts samples")
    }
    conventions = try Conventions(variable, in: file)
    let (axis, why) = VariableRows.sampleAxis(of: variable, in: file)
    self.axis = axis
    if axis > 0 {
      options.report(
        "\(name): samples are counted along '\(variable.dimensions[axis].name)', axis \(axis) of "
          + "\(variable.shape): \(why)")
    }
  }

  /// The axis of the features of a discrete sampling geometry; else the only unlimited one; else that of time, where
  /// the first is one of space; else the first.
  private static func sampleAxis(of variable: NetCDFFile.Variable, in file: NetCDFFile) -> (
    Int, String
  ) {
    let dimensions = variable.dimensions
    let features = file.variables.filter { file.text("cf_role", of: $0) != nil }
    if let axis = dimensions.firstIndex(where: { dimension in
      features.contains { $0.dimensions.first?.id == dimension.id }
    }) {
      return (axis, "cf_role")
    }
    let unlimited = dimensions.indices.filter { dimensions[$0].isUnlimited }
    if unlimited.count == 1 { return (unlimited[0], "it is unlimited") }
    let axes = dimensions.map { dimension -> CoordinateAxis? in
      file.variables.first {
        $0.ownName == dimension.name && $0.dimensions.map(\.id) == [dimension.id]
      }.flatMap { CoordinateAxis($0, in: file) }
    }
    let times = axes.indices.filter { axes[$0] == .t }
    if let first = axes.first, let first, first != .t, times.count == 1 {
      return (times[0], "it is time, and the first axis is one of space")
    }
    return (0, "it is the first")
  }

  private var count: Int { variable.shape[axis] }
  private var rowShape: [Int] {
    var shape = variable.shape
    shape.remove(at: axis)
    return shape
  }

  // MARK: Writing

  func write(to sink: any RowSink, _ options: SampleOptions) throws -> Decoded {
    let type = conventions.type
    var writer = try RowWriter(
      sink, elementType(type), shape: rowShape, count: count, options, name: name
    ) { body in try forEachBlock(options) { values, _ in try body(values) } }
    try forEachBlock(options) { try writer.append($0, exact: $1) }
    return Decoded(samples: .numbers, missingRows: writer.missingRows, fill: writer.fill)
  }

  /// Labels of flags; a value that is none of them is refused.
  func labels(_ flags: FlagLabels, _ options: SampleOptions) throws -> Decoded {
    guard rowShape.allSatisfy({ $0 == 1 }) else {
      throw Failure(
        "flag_values of '\(variable.name)' name \(rowShape) values a sample", at: file.path,
        remedy: "take the numbers for real: --space")
    }
    var (places, missing): ([Int], [Int]) = ([], [])
    try forEachBlock(options) { values, _ in
      for value in values {
        if let place = flags.place(of: value) {
          places.append(place)
        } else if value.isNaN {
          try NetCDFDecoder.requireDrop(
            options, "a label is missing", "\(name) (row \(places.count))")
          missing.append(places.count)
          places.append(0)
        } else {
          throw Failure(
            "\(value) is none of flag_values", at: "\(name) (row \(places.count))",
            remedy: "add it to flag_values and flag_meanings, or take the numbers for real: --space"
          )
        }
      }
    }
    return Decoded(samples: .labels(flags.labels, places), missingRows: missing)
  }

  private func elementType(_ type: NetCDFType) -> ElementType {
    if conventions.isPacked {
      return conventions.unpacksToFloat ? .float32 : .float64
    }
    return type.elementType
  }

  // MARK: Blocks

  /// Calls `body` with all rows in order, blocks of them: not a number where missing, and for 64-bit whole numbers
  /// the same exactly.
  private func forEachBlock(_ options: SampleOptions, _ body: ([Double], [Int]?) throws -> Void)
    throws
  {
    let step = try rowsPerBlock()
    for start in stride(from: 0, to: count, by: step) {
      let rows = start..<min(start + step, count)
      var (origin, extent) = (variable.shape.map { _ in 0 }, variable.shape)
      (origin[axis], extent[axis]) = (rows.lowerBound, rows.count)
      var exact: [Int]?
      var values: [Double]
      if conventions.type.isFloatingPoint || variable.type?.size ?? 0 < 8 {
        values = try file.values(variable, start: origin, count: extent)
        conventions.reinterpret(&values)
      } else {
        let integers = try file.integers(variable, start: origin, count: extent)
        values = integers.map {
          conventions.type == .uint64 ? Double(UInt(bitPattern: $0)) : Double($0)
        }
        if !conventions.isPacked { exact = samplesFirst(integers, extent) }
      }
      try unpack(&values, options, origin, extent)
      try body(samplesFirst(values, extent), exact)
    }
  }

  /// Rows of about 16 MB of doubles; whole chunks, where memory allows it, so that none is decoded twice.
  private func rowsPerBlock() throws -> Int {
    let rowBytes = try Extent.bytes(rowShape, of: 8, at: name)
    try Extent.requireInMemory(rowBytes, "a sample", at: name)
    let rows = max(1, min(count, (16 << 20) / rowBytes))
    let chunk = min(count, file.chunkLength(variable, axis: axis))
    guard chunk > 1, chunk * rowBytes <= Memory.limit / 8 else { return rows }
    return max(1, rows / chunk) * chunk
  }

  private func unpack(
    _ values: inout [Double], _ options: SampleOptions, _ origin: [Int], _ extent: [Int]
  ) throws {
    for place in values.indices {
      let value = values[place]
      if conventions.isMissing(value) {
        if options.missing == .refuse { throw missing(value, place, origin, extent) }
        values[place] = .nan
      } else if conventions.isPacked {
        values[place] = conventions.unpacked(value)
      }
    }
  }

  private func missing(_ value: Double, _ place: Int, _ origin: [Int], _ extent: [Int]) -> Failure {
    var (rest, index) = (place, origin)
    for axis in extent.indices.reversed() {
      index[axis] += rest % extent[axis]
      rest /= extent[axis]
    }
    return Failure(
      "the value at \(index) is missing: \(conventions.reason(value))", at: name,
      remedy: "leave such samples out or fill them: --missing drop, mean or mask")
  }

  /// The axis of samples in front.
  private func samplesFirst<T>(_ values: [T], _ extent: [Int]) -> [T] {
    guard axis > 0 else { return values }
    let (rows, outer) = (extent[axis], extent[..<axis].reduce(1, *))
    let inner = extent[(axis + 1)...].reduce(1, *)
    var result: [T] = []
    result.reserveCapacity(values.count)
    for row in 0..<rows {
      for block in 0..<outer {
        let start = (block * rows + row) * inner
        result += values[start..<start + inner]
      }
    }
    return result
  }
}

extension NetCDFType {
  /// The same type as arrays have it.
  var elementType: ElementType {
    switch self {
    case .byte: .int8
    case .ubyte, .char: .uint8
    case .short: .int16
    case .ushort: .uint16
    case .int: .int32
    case .uint: .uint32
    case .int64, .string: .int64
    case .uint64: .uint64
    case .float: .float32
    case .double: .float64
    }
  }
}

extension NetCDFFile {
  /// The length of a variable's chunks along an axis; 1 where it is not chunked.
  fileprivate func chunkLength(_ variable: Variable, axis: Int) -> Int {
    var (storage, lengths) = (Int32(-1), [Int](repeating: 1, count: variable.shape.count))
    let status = NetCDF.call {
      nc_inq_var_chunking(variable.group, variable.id, &storage, &lengths)
    }
    return status == NC_NOERR && storage == NC_CHUNKED ? max(1, lengths[axis]) : 1
  }
}
