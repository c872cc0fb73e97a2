import CNetCDF
import Files
import Foundation

/// A file open for reading: NetCDF (classic, 64-bit, NetCDF-4) or plain HDF5.
///
/// ```swift
/// let file = try NetCDFFile("drifters.nc")
/// let x = try file.required("x")
/// try file.values(x, start: [0, 0], count: x.shape)   // as doubles, as they are stored
/// ```
package final class NetCDFFile {
  struct Dimension: Hashable {
    let id: Int32
    let name: String
    let length: Int
    let isUnlimited: Bool
  }

  package struct Variable {
    let group: Int32
    let id: Int32
    /// The groups that it is in and its own name: `obs/age`.
    package let name: String
    /// nil for types that are neither numbers nor text.
    let type: NetCDFType?
    let dimensions: [Dimension]

    package var shape: [Int] { dimensions.map(\.length) }
    var ownName: String { name.split(separator: "/").last.map(String.init) ?? name }
    var isText: Bool { type?.isText ?? false }
    var isNumeric: Bool { type.map { !$0.isText } ?? false }
  }

  package let path: String
  let variables: [Variable]
  /// The groups by name, without `/` in front; the file itself has the name "".
  let groups: [String: Int32]
  private let id: Int32

  /// - Throws: `Failure` when the file cannot be opened, is none of these, or its header is damaged.
  package init(_ path: String) throws {
    try NetCDF.requireBuiltIn(at: path)
    guard try !FileHead.read(path, count: 1).isEmpty else {
      throw Failure("the file is empty", at: path, remedy: "write or download it again")
    }
    try ClassicHeader.requireWhole(path)
    var id: Int32 = 0
    let status = NetCDF.call { nc_open(path, NC_NOWRITE, &id) }
    guard status <= 0 else { throw Failure.system("cannot open the file", at: path, code: status) }
    guard status == NC_NOERR else {
      throw Failure(
        "this is no NetCDF or HDF5 file, or a damaged one (\(NetCDF.reason(status)))", at: path,
        remedy: "write or download it again")
    }
    do {
      var content = Content(path: path)
      try content.add(group: id, name: "", depth: 0)
      (variables, groups) = (content.variables, content.groups)
    } catch {
      _ = NetCDF.call { nc_close(id) }
      throw error
    }
    (self.path, self.id) = (path, id)
  }

  deinit { _ = NetCDF.call { nc_close(id) } }

  static func require(_ status: Int32, _ path: String) throws {
    guard status != NC_NOERR else { return }
    throw Failure(
      "the file is damaged (\(NetCDF.reason(status)))", at: path,
      remedy: "write or download it again")
  }

  /// The variable of a name; `/` in front is left out.
  func variable(_ name: String) -> Variable? {
    let name = NetCDFFile.bare(name)
    return variables.first { $0.name == name }
  }

  /// A dimension that a group sees, whether or not a variable has it.
  func dimension(_ name: String, of group: Int32) -> Dimension? {
    var (id, length): (Int32, Int) = (0, 0)
    guard NetCDF.call({ nc_inq_dimid(group, name, &id) }) == NC_NOERR,
      NetCDF.call({ nc_inq_dim(group, id, nil, &length) }) == NC_NOERR, length >= 0
    else { return nil }
    return variables.lazy.flatMap(\.dimensions).first { $0.id == id }
      ?? Dimension(id: id, name: name, length: length, isUnlimited: false)
  }

  static func bare(_ name: String) -> String {
    name.split(separator: "/").joined(separator: "/")
  }

  /// - Throws: `Failure` when there is no such variable.
  package func required(_ name: String) throws -> Variable {
    guard let variable = variable(name) else {
      throw Failure(
        "there is no variable '\(name)'", at: path,
        remedy: "give one of \(NetCDFFile.list(variables.map(\.name)))")
    }
    return variable
  }

  /// At most twelve names.
  static func list(_ names: [String]) -> String {
    names.isEmpty
      ? "another file: this has no variable of numbers or text"
      : names.prefix(12).map { String($0.prefix(60)) }.joined(separator: ", ")
        + (names.count > 12 ? ", …" : "")
  }
}

/// What a file holds, as it is gone through.
private struct Content {
  let path: String
  var variables: [NetCDFFile.Variable] = []
  var groups: [String: Int32] = [:]
  private var unlimited: Set<Int32> = []

  init(path: String) { self.path = path }

  mutating func add(group: Int32, name: String, depth: Int) throws {
    guard depth < 64, groups.count < 100_000 else {
      throw Failure("groups lie in groups without end", at: path, remedy: "write the file again")
    }
    groups[name] = group
    let prefix = name.isEmpty ? "" : name + "/"
    try findUnlimited(in: group)
    var count: Int32 = 0
    try NetCDFFile.require(NetCDF.call { nc_inq_nvars(group, &count) }, path)
    for id in 0..<count { variables.append(try variable(id, of: group, prefix)) }
    var children: Int32 = 0
    try NetCDFFile.require(NetCDF.call { nc_inq_grps(group, &children, nil) }, path)
    var ids = [Int32](repeating: 0, count: Int(children))
    try NetCDFFile.require(NetCDF.call { nc_inq_grps(group, &children, &ids) }, path)
    for child in ids {
      var own = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
      try NetCDFFile.require(NetCDF.call { nc_inq_grpname(child, &own) }, path)
      try add(group: child, name: prefix + NetCDF.string(own), depth: depth + 1)
    }
  }

  private mutating func findUnlimited(in group: Int32) throws {
    var count: Int32 = 0
    try NetCDFFile.require(NetCDF.call { nc_inq_unlimdims(group, &count, nil) }, path)
    var ids = [Int32](repeating: 0, count: Int(count))
    try NetCDFFile.require(NetCDF.call { nc_inq_unlimdims(group, &count, &ids) }, path)
    unlimited.formUnion(ids)
  }

  private func variable(_ id: Int32, of group: Int32, _ prefix: String) throws
    -> NetCDFFile.Variable
  {
    var name = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
    var (type, rank): (Int32, Int32) = (0, 0)
    var ids = [Int32](repeating: 0, count: Int(NC_MAX_VAR_DIMS))
    try NetCDFFile.require(
      NetCDF.call { nc_inq_var(group, id, &name, &type, &rank, &ids, nil) }, path)
    let dimensions = try ids.prefix(Int(rank)).map { dimension in
      var label = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
      var length = 0
      try NetCDFFile.require(NetCDF.call { nc_inq_dim(group, dimension, &label, &length) }, path)
      guard length >= 0 else { throw Extent.tooLarge([length], at: path) }
      return NetCDFFile.Dimension(
        id: dimension, name: NetCDF.string(label), length: length,
        isUnlimited: unlimited.contains(dimension))
    }
    return NetCDFFile.Variable(
      group: group, id: id, name: prefix + NetCDF.string(name), type: NetCDFType(rawValue: type),
      dimensions: dimensions)
  }
}
