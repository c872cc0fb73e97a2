import CNetCDF
import Files

/// What the NetCDF and CF conventions say of the stored numbers of a variable: which of them are missing, and what the
/// others mean (CF 1.11, sections 2.5 and 8.1; NetCDF Users' Guide, appendix A).
///
/// A value is missing where it is not a number, equals `_FillValue` or one of `missing_value`, lies outside
/// `valid_range` (`valid_min`, `valid_max`), or is what the library writes where nothing was written. The others mean
/// `scale_factor` · stored + `add_offset`. What an attribute says and cannot be understood is refused by name.
struct Conventions {
  /// The type of the stored numbers, `_Unsigned` applied.
  let type: NetCDFType
  private(set) var scale: Double?
  private(set) var offset: Double?
  /// Whether unpacked values are float32; float64 otherwise.
  private(set) var unpacksToFloat = false
  private var missing: [Double] = []
  /// Which attribute says so of each.
  private var reasons: [String] = []
  private var valid = -Double.infinity...Double.infinity
  private var validIsUnpacked = false
  private let storedType: NetCDFType
  private let path: String
  private let name: String

  var isPacked: Bool { scale != nil || offset != nil }

  /// - Throws: `Failure` naming the attribute that cannot be understood.
  init(_ variable: NetCDFFile.Variable, in file: NetCDFFile) throws {
    guard let stored = variable.type, !stored.isText else {
      throw Failure(
        "'\(variable.name)' holds \(variable.isText ? "text" : "values of a type of its own")",
        at: file.path, remedy: "give a variable of numbers")
    }
    (storedType, path, name) = (stored, file.path, variable.name)
    type = try Conventions.type(of: variable, stored, in: file)
    try readPacking(variable, file)
    try readMissing(variable, file)
    try readValid(variable, file)
  }

  private static func type(
    of variable: NetCDFFile.Variable, _ stored: NetCDFType, in file: NetCDFFile
  ) throws -> NetCDFType {
    guard let attribute = try file.attribute("_Unsigned", of: variable) else { return stored }
    guard case .text(let texts) = attribute, let text = texts.first?.lowercased(),
      ["true", "false"].contains(text), !stored.isFloatingPoint
    else {
      throw Failure(
        "_Unsigned of '\(variable.name)' is not understood", at: file.path,
        remedy: "give whole numbers the attribute as the text true or false")
    }
    return (text == "true") == stored.isUnsigned ? stored : stored.otherSign
  }

  // MARK: Attributes

  private func refused(_ attribute: String, _ why: String, _ remedy: String) -> Failure {
    Failure("\(attribute) of '\(name)' \(why)", at: path, remedy: remedy)
  }

  private func numbers(
    _ attribute: String, _ variable: NetCDFFile.Variable, _ file: NetCDFFile
  ) throws -> (values: [Double], type: NetCDFType)? {
    switch try file.attribute(attribute, of: variable) {
    case nil: return nil
    case .numbers(let values, let type)?: return (values, type)
    case .text(let texts)?:
      throw refused(
        attribute, "is the text '\(texts.first?.prefix(60) ?? "")', not a number",
        "write the attribute as a number, or delete it")
    case .other?:
      throw refused(attribute, "is not a number", "write the attribute as a number, or delete it")
    }
  }

  private mutating func readPacking(_ variable: NetCDFFile.Variable, _ file: NetCDFFile) throws {
    var types: [NetCDFType] = []
    func one(_ attribute: String) throws -> Double? {
      guard let (values, type) = try numbers(attribute, variable, file) else { return nil }
      guard values.count == 1, values[0].isFinite, attribute != "scale_factor" || values[0] != 0
      else {
        throw refused(
          attribute, "is \(values)",
          "write one finite number\(attribute == "scale_factor" ? " other than 0" : "")")
      }
      types.append(type)
      return values[0]
    }
    scale = try one("scale_factor")
    offset = try one("add_offset")
    let small = storedType == .float || storedType.size <= 2
    unpacksToFloat = small && !types.isEmpty && types.allSatisfy { $0 == .float }
  }

  private mutating func readMissing(_ variable: NetCDFFile.Variable, _ file: NetCDFFile) throws {
    for attribute in ["_FillValue", "missing_value"] {
      guard let (values, type) = try numbers(attribute, variable, file) else { continue }
      guard attribute == "missing_value" || values.count == 1 else {
        throw refused(attribute, "has \(values.count) values", "write one")
      }
      for value in values {
        let stored = asStored(value, type)
        guard
          storedType.isFloatingPoint
            || (self.type.bounds.contains(stored) && stored == stored.rounded())
        else {
          throw refused(
            attribute, "is \(value), which \(self.type) does not hold",
            "write the attribute in the type of the stored numbers, or delete it")
        }
        missing.append(stored)
        reasons.append(attribute)
      }
    }
    // A file that does not fill, as plain HDF5 does not, may hold the default as a value like any other.
    if try file.attribute("_FillValue", of: variable) == nil, let fill = storedType.defaultFill,
      file.fills(variable)
    {
      missing.append(asStored(fill, storedType))
      reasons.append("never written")
    }
  }

  private mutating func readValid(_ variable: NetCDFFile.Variable, _ file: NetCDFFile) throws {
    let range = try numbers("valid_range", variable, file)
    let (least, largest) = (
      try numbers("valid_min", variable, file), try numbers("valid_max", variable, file)
    )
    guard range == nil || (least == nil && largest == nil) else {
      throw refused(
        "valid_range", "stands beside valid_min or valid_max", "keep one of the two ways")
    }
    var bounds: [Double] = [-.infinity, .infinity]
    var types: [NetCDFType] = []
    for (attribute, found, places) in [
      ("valid_range", range, [0, 1]), ("valid_min", least, [0]), ("valid_max", largest, [1]),
    ] {
      guard let found else { continue }
      guard found.values.count == places.count, !found.values.contains(where: \.isNaN) else {
        throw refused(
          attribute, "is \(found.values)",
          "write \(places.count == 2 ? "the least and the largest value" : "one number")")
      }
      try requireClear(attribute, found.type)
      for (place, value) in zip(places, found.values) { bounds[place] = value }
      types.append(found.type)
    }
    guard !types.isEmpty else { return }
    validIsUnpacked =
      isPacked && !storedType.isFloatingPoint && types.contains { $0.isFloatingPoint }
    if !validIsUnpacked, let type = types.first { bounds = bounds.map { asStored($0, type) } }
    guard bounds[0] <= bounds[1] else {
      throw refused(
        range == nil ? "valid_min" : "valid_range",
        "leaves no value between \(bounds[0]) and \(bounds[1])",
        "write the smaller bound first")
    }
    valid = bounds[0]...bounds[1]
  }

  /// Bounds of packed whole numbers are meant packed when they are whole numbers too, and unpacked when they have the
  /// type of the unpacked values.
  private func requireClear(_ attribute: String, _ type: NetCDFType) throws {
    guard isPacked, !storedType.isFloatingPoint, type.isFloatingPoint else { return }
    guard (type == .float) == unpacksToFloat else {
      throw refused(
        attribute, "is \(type), neither the type of packed nor of unpacked values",
        "write it as \(storedType), packed, or as \(unpacksToFloat ? "float" : "double"), unpacked")
    }
  }

  /// A value of an attribute in the type that the stored numbers have: single precision rounded, signs as `_Unsigned`
  /// says.
  private func asStored(_ value: Double, _ attribute: NetCDFType) -> Double {
    if storedType == .float { return Double(Float(value)) }
    guard type != storedType, attribute == storedType else { return value }
    return reinterpreted(value)
  }

  // MARK: Values

  /// The value that a stored number stands for by `_Unsigned`.
  private func reinterpreted(_ stored: Double) -> Double {
    let span = type.bounds.upperBound - type.bounds.lowerBound + 1
    return stored < type.bounds.lowerBound
      ? stored + span : stored > type.bounds.upperBound ? stored - span : stored
  }

  /// Applies `_Unsigned` to stored whole numbers; of uint64 they come as the bits say.
  func reinterpret(_ values: inout [Int]) {
    guard type != storedType, type.size < 8 else { return }
    let span = 1 << (8 * type.size)
    let (least, largest) = (Int(type.bounds.lowerBound), Int(type.bounds.upperBound))
    for i in values.indices {
      if values[i] < least { values[i] += span } else if values[i] > largest { values[i] -= span }
    }
  }

  func reinterpret(_ values: inout [Double]) {
    guard type != storedType else { return }
    for i in values.indices { values[i] = reinterpreted(values[i]) }
  }

  func unpacked(_ value: Double) -> Double {
    let full = value * (scale ?? 1) + (offset ?? 0)
    return unpacksToFloat ? Double(Float(full)) : full
  }

  /// Whether a stored number is a missing value.
  func isMissing(_ value: Double) -> Bool {
    if value.isNaN { return true }
    if missing.contains(value) { return true }
    return !valid.contains(validIsUnpacked ? unpacked(value) : value)
  }

  /// Why a number is missing, with its value: `-999 (missing_value)`.
  func reason(_ value: Double) -> String {
    if let known = missing.firstIndex(of: value) { return "\(value) (\(reasons[known]))" }
    return value.isNaN
      ? "not a number" : "\(validIsUnpacked ? unpacked(value) : value), outside the valid \(valid)"
  }
}

extension NetCDFFile {
  /// The numbers that a variable stands for, of some rows along its first axis or all, row-major; not a number where
  /// missing.
  package func unpacked(_ variable: Variable, rows: Range<Int>? = nil) throws -> [Double] {
    let conventions = try Conventions(variable, in: self)
    var (start, count) = (variable.shape.map { _ in 0 }, variable.shape)
    if let rows, !count.isEmpty { (start[0], count[0]) = (rows.lowerBound, rows.count) }
    var stored = try values(variable, start: start, count: count)
    conventions.reinterpret(&stored)
    return stored.map { conventions.isMissing($0) ? .nan : conventions.unpacked($0) }
  }

  /// Whether the library fills what is not written of a variable with the default value.
  fileprivate func fills(_ variable: Variable) -> Bool {
    var hasNone: Int32 = 0
    // The largest number has eight bytes.
    var fill: [UInt64] = [0]
    guard NetCDF.call({ nc_inq_var_fill(variable.group, variable.id, &hasNone, &fill) }) == NC_NOERR
    else { return false }
    return hasNone == 0
  }
}
