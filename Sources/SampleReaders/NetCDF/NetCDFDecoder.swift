import Files
import Samples

/// Where decoded rows of numbers go, block by block: memory, or the scratch file of another process.
protocol RowSink: AnyObject {
  /// Says what will come, before the first rows.
  func begin(elementType: ElementType, shape: [Int], count: Int) throws
  /// Whole rows, row-major, in this machine's byte order.
  func append(_ bytes: UnsafeRawBufferPointer) throws
}

/// What a decoder found.
enum DecodedSamples: Equatable, Codable {
  /// Numbers, which went to the sink.
  case numbers
  /// Places in a set of names.
  case labels(LabelSet, [Int])
  case texts([String])
}

/// What a decoder found, and which samples of it are to be dropped.
struct Decoded: Equatable, Codable {
  var samples: DecodedSamples
  var missingRows: [Int] = []
  var fill: SampleFill?
}

/// Everything that is read of NetCDF and HDF5 files for samples goes through `decode`, which may run in a process of its
/// own (`NetCDFDecoding`).
enum NetCDFDecoder {
  /// Decodes the samples that `FILE[:MEMBER]` names; numbers go to the sink.
  /// - Throws: `Failure` naming the file, and variable, attribute or value, of anything missing, unclear or damaged.
  static func decode(
    _ path: String, member: String?, _ options: SampleOptions, into sink: any RowSink
  ) throws -> Decoded {
    try NetCDF.alone {
      let file = try NetCDFFile(path)
      guard let member else {
        if try Trajectories.areIn(file) {
          return try Trajectories(file, options).write(to: sink, options)
        }
        return try decode(try onlyData(of: file), of: file, options, sink)
      }
      if let variable = file.variable(member) {
        return try decode(variable, of: file, options, sink)
      }
      let name = NetCDFFile.bare(member)
      guard !name.isEmpty, file.groups[name] != nil else {
        throw Failure(
          "there is no variable or group '\(member)', or its type is none that NetCDF has (booleans, say)",
          at: path,
          remedy: "give one of \(NetCDFFile.list(candidates(in: file)))")
      }
      return try AnnData.decode(group: name, of: file, options, sink)
    }
  }

  private static func decode(
    _ variable: NetCDFFile.Variable, of file: NetCDFFile, _ options: SampleOptions,
    _ sink: any RowSink
  ) throws -> Decoded {
    if variable.isText { return try texts(variable, of: file, options) }
    if let decoded = try AnnData.decodeOldCategories(variable, of: file, options) { return decoded }
    let rows = try VariableRows(variable, of: file, options)
    if options.space != .real, let flags = try FlagLabels(variable, in: file) {
      return try rows.labels(flags, options)
    }
    return try rows.write(to: sink, options)
  }

  /// Texts, of which the empty and those of `_FillValue` or `missing_value` are missing.
  private static func texts(
    _ variable: NetCDFFile.Variable, of file: NetCDFFile, _ options: SampleOptions
  ) throws -> Decoded {
    guard variable.shape.count == (variable.type == .char ? 2 : 1) else {
      throw Failure(
        "'\(variable.name)' is text of the shape \(variable.shape)", at: file.path,
        remedy: "give one text a sample")
    }
    var none: Set<String> = [""]
    for name in ["_FillValue", "missing_value"] {
      guard case .text(let texts)? = try file.attribute(name, of: variable) else { continue }
      none.formUnion(texts)
    }
    let texts = try file.texts(variable)
    let missing = texts.indices.filter { none.contains(texts[$0]) }
    if let row = missing.first {
      try requireDrop(
        options, "the text '\(texts[row].prefix(60))' is a missing value",
        "\(file.path):\(variable.name) (row \(row))")
    }
    return Decoded(samples: .texts(texts), missingRows: missing)
  }

  /// Of labels and texts there is no mean.
  static func requireDrop(_ options: SampleOptions, _ what: String, _ place: String) throws {
    guard options.missing != .drop else { return }
    throw Failure(what, at: place, remedy: "leave such samples out: --missing drop")
  }

  // MARK: Without a member

  private static func onlyData(of file: NetCDFFile) throws -> NetCDFFile.Variable {
    let data = dataVariables(of: file)
    guard data.count == 1, AnnData.elements(of: file).isEmpty else {
      throw Failure(
        data.isEmpty && AnnData.elements(of: file).isEmpty
          ? "there is no variable of data" : "the file holds more than one variable of data",
        at: file.path,
        remedy:
          "add one of these to the name: \(NetCDFFile.list(candidates(in: file).map { ":\($0)" }))"
      )
    }
    return data[0]
  }

  /// What can be given as member, with shapes.
  private static func candidates(in file: NetCDFFile) -> [String] {
    AnnData.elements(of: file)
      + dataVariables(of: file).map {
        "\($0.name) (\($0.shape.map(String.init).joined(separator: " × ")))"
      }
  }

  /// The variables that hold data: not coordinates, bounds, identifiers and the like of others.
  private static func dataVariables(of file: NetCDFFile) -> [NetCDFFile.Variable] {
    var helpers = Set(
      (file.text("coordinates") ?? "").split(whereSeparator: \.isWhitespace).map(String.init))
    for variable in file.variables {
      for attribute in [
        "coordinates", "bounds", "climatology", "grid_mapping", "cell_measures", "formula_terms",
        "ancillary_variables",
      ] {
        let words = file.text(attribute, of: variable)?.split(whereSeparator: \.isWhitespace) ?? []
        helpers.formUnion(words.map(String.init))
      }
    }
    return file.variables.filter { variable in
      guard variable.type != nil, !variable.dimensions.isEmpty else { return false }
      let isCoordinate = variable.dimensions.map(\.name) == [variable.ownName]
      let isHelper = ["cf_role", "sample_dimension", "instance_dimension"].contains {
        file.text($0, of: variable) != nil
      }
      return !isCoordinate && !isHelper && !helpers.contains(variable.ownName)
        && !AnnData.isPart(variable.name, of: file)
    }
  }
}
