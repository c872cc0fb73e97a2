import CNetCDF
import Files
import Foundation

/// A NetCDF file open for reading: classic, 64-bit or NetCDF-4.
///
/// ```swift
/// let file = try NetCDFInput("drifters.nc")
/// let x = try file.required("x", "positions")
/// try file.values(x)   // doubles; missing ones are NaN
/// ```
final class NetCDFInput {
  struct Variable {
    let id: Int32
    let name: String
    let type: Int32
    let dimensions: [String]
    let shape: [Int]

    var count: Int { shape.reduce(1, *) }
    var isText: Bool { type == NC_CHAR || type == NC_STRING }
  }

  let path: String
  private let id: Int32
  let variables: [Variable]

  /// - Throws: `Failure` when the file cannot be opened, is none of NetCDF's, or its header is damaged.
  init(_ path: String) throws {
    guard !Folder.exists(path) else {
      throw Failure("this is a directory", at: path, remedy: "give the path of a file")
    }
    NetCDF.silence()
    var id: Int32 = 0
    let status = nc_open(path, NC_NOWRITE, &id)
    guard status <= 0 else { throw Failure.system("cannot open the file", at: path, code: status) }
    guard status == NC_NOERR else {
      throw Failure(
        "this is no NetCDF file, or a damaged one", at: path,
        remedy: "write or download it again")
    }
    do {
      variables = try NetCDFInput.variables(id, path)
    } catch {
      nc_close(id)
      throw error
    }
    self.path = path
    self.id = id
  }

  deinit { nc_close(id) }

  private static func damage(_ status: Int32, _ path: String) throws {
    guard status != NC_NOERR else { return }
    throw Failure(
      "the NetCDF file is damaged (\(String(cString: nc_strerror(status))))", at: path,
      remedy: "write or download it again")
  }

  private static func variables(_ id: Int32, _ path: String) throws -> [Variable] {
    var count: Int32 = 0
    try damage(nc_inq_nvars(id, &count), path)
    return try (0..<count).map { variable in
      var name = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
      var (type, rank): (Int32, Int32) = (0, 0)
      var dimensions = [Int32](repeating: 0, count: Int(NC_MAX_VAR_DIMS))
      try damage(nc_inq_var(id, variable, &name, &type, &rank, &dimensions, nil), path)
      var (names, shape): ([String], [Int]) = ([], [])
      for dimension in dimensions.prefix(Int(rank)) {
        var label = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
        var length = 0
        try damage(nc_inq_dim(id, dimension, &label, &length), path)
        names.append(string(label))
        shape.append(length)
      }
      return Variable(
        id: variable, name: string(name), type: type, dimensions: names, shape: shape)
    }
  }

  private static func string(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  func variable(_ name: String) -> Variable? { variables.first { $0.name == name } }

  func required(_ name: String, _ what: String) throws -> Variable {
    guard let variable = variable(name) else {
      throw Failure(
        "there is no variable '\(name)' (\(what))", at: path,
        remedy: "give a file that couplet simulate ocean wrote")
    }
    return variable
  }

  // MARK: Attributes

  /// A text attribute of a variable, or of the file; nil when there is none such.
  func text(_ name: String, of variable: Variable? = nil) -> String? {
    let owner = variable?.id ?? NC_GLOBAL
    var (type, length): (Int32, Int) = (0, 0)
    guard nc_inq_att(id, owner, name, &type, &length) == NC_NOERR, length > 0 else { return nil }
    if type == NC_STRING {
      var strings = [UnsafeMutablePointer<CChar>?](repeating: nil, count: length)
      guard nc_get_att_string(id, owner, name, &strings) == NC_NOERR else { return nil }
      defer { nc_free_string(length, &strings) }
      return strings[0].map { String(cString: $0) }
    }
    guard type == NC_CHAR else { return nil }
    var characters = [CChar](repeating: 0, count: length)
    guard nc_get_att_text(id, owner, name, &characters) == NC_NOERR else { return nil }
    return NetCDFInput.string(characters)
  }

  /// A number attribute; nil when there is none such.
  func number(_ name: String, of variable: Variable) -> Double? {
    var (type, length): (Int32, Int) = (0, 0)
    guard nc_inq_att(id, variable.id, name, &type, &length) == NC_NOERR, length == 1,
      type != NC_CHAR, type != NC_STRING
    else { return nil }
    var value = 0.0
    return nc_get_att_double(id, variable.id, name, &value) == NC_NOERR ? value : nil
  }

  // MARK: Data

  /// All values of a variable in row-major order: unpacked by scale_factor and add_offset, NaN where the file says
  /// that they are missing.
  func values(_ variable: Variable) throws -> [Double] {
    try values(variable, rows: 0..<(variable.shape.first ?? 1))
  }

  /// The same of a range along the first axis.
  func values(_ variable: Variable, rows: Range<Int>) throws -> [Double] {
    guard !variable.isText else {
      throw Failure(
        "the variable '\(variable.name)' is text", at: path, remedy: "give one with numbers")
    }
    let shape = variable.shape.isEmpty ? [] : [rows.count] + variable.shape.dropFirst()
    let count = shape.reduce(1, *)
    guard count > 0 else { return [] }
    let start = [rows.lowerBound] + [Int](repeating: 0, count: max(0, shape.count - 1))
    var values = [Double](repeating: 0, count: count)
    let status = nc_get_vara_double(id, variable.id, start, shape.isEmpty ? [1] : shape, &values)
    guard status == NC_NOERR else {
      throw Failure(
        "the values of '\(variable.name)' are damaged (\(String(cString: nc_strerror(status))))",
        at: path, remedy: "write or download the file again")
    }
    return unpacked(values, variable)
  }

  private func unpacked(_ values: [Double], _ variable: Variable) -> [Double] {
    var missing = ["_FillValue", "missing_value"].compactMap { number($0, of: variable) }
    if variable.type == NC_FLOAT || variable.type == NC_DOUBLE {
      missing.append(9.969_209_968_386_869_0e+36)  // NetCDF's default for both
    }
    let (scale, offset) = (
      number("scale_factor", of: variable) ?? 1, number("add_offset", of: variable) ?? 0
    )
    return values.map { missing.contains($0) ? .nan : $0 * scale + offset }
  }
}
