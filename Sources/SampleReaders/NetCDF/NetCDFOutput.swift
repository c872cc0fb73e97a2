import CNetCDF
import Files

extension NetCDF {
  /// Writes a file so that the path holds the old file or the new one, whole.
  package static func write(
    to path: String, as layout: NetCDFOutput.Layout = .netCDF4,
    _ body: (NetCDFOutput) throws -> Void
  ) throws {
    try requireBuiltIn(at: path)
    try AtomicFile.replace(path) { temporary in
      let output = try NetCDFOutput(temporary, layout, shownAs: path)
      try body(output)
      try output.close()
    }
  }
}

/// A NetCDF file that is being written; see `NetCDF.write`.
///
/// First dimensions, variables and attributes are declared; the first data end the declarations.
package final class NetCDFOutput {
  /// The layout of the bytes.
  package enum Layout: Sendable {
    /// NetCDF-4, that is HDF5, with checksums of what is stored in chunks.
    case netCDF4
    /// The classic one with offsets of 64 bits, for variables below 4 GiB; and that with 64 bits for all numbers, CDF-5.
    /// Their header is checked by `ClassicHeader` before anything reads them.
    case classic64, classic5

    /// The classic one that holds variables of so many bytes.
    package static func classic(largest bytes: Int) -> Layout {
      bytes < 1 << 32 - 4 ? .classic64 : .classic5
    }

    fileprivate var flag: Int32 {
      switch self {
      case .netCDF4: NC_NETCDF4
      case .classic64: NC_64BIT_OFFSET
      case .classic5: NC_64BIT_DATA
      }
    }
  }

  package struct Dimension { fileprivate let id: Int32 }
  package struct Variable { fileprivate let id: Int32 }

  /// The path that the user knows.
  private let path: String
  private let id: Int32
  private let layout: Layout
  private var isOpen = true
  private var declares = true

  fileprivate init(_ file: String, _ layout: Layout, shownAs path: String) throws {
    (self.path, self.layout) = (path, layout)
    var id: Int32 = 0
    // Temporary names are unique; an older file of the same name is not ours to replace.
    try NetCDFOutput.check(at: path) { nc_create(file, layout.flag | NC_NOCLOBBER, &id) }
    self.id = id
    // Everything that is declared is also written.
    try check { nc_set_fill(id, NC_NOFILL, nil) }
  }

  deinit { if isOpen { _ = NetCDF.call { nc_abort(id) } } }

  private func check(_ body: () -> Int32) throws { try NetCDFOutput.check(at: path, body) }

  private static func check(at path: String, _ body: () -> Int32) throws {
    let status = NetCDF.call(body)
    guard status != NC_NOERR else { return }
    // Positive codes are the system's.
    if status > 0 { throw Failure.system("cannot write", at: path, code: status) }
    throw Failure(
      "cannot write: \(NetCDF.reason(status))", at: path,
      remedy: "check that the file is whole and the disk has space")
  }

  // MARK: Declarations

  package func dimension(_ name: String, _ length: Int) throws -> Dimension {
    var dimension: Int32 = 0
    try check { nc_def_dim(id, name, length, &dimension) }
    return Dimension(id: dimension)
  }

  /// - Parameter chunk: the lengths of the pieces in which a large variable is stored, with a checksum each, where the
  ///   layout has that.
  package func variable(
    _ name: String, _ type: NetCDFType, _ dimensions: [Dimension], chunk: [Int]? = nil,
    _ attributes: [(String, String)]
  ) throws -> Variable {
    var variable: Int32 = 0
    let ids = dimensions.map(\.id)
    try check { nc_def_var(id, name, type.rawValue, Int32(ids.count), ids, &variable) }
    if let chunk, layout == .netCDF4 {
      try check { nc_def_var_chunking(id, variable, Int32(NC_CHUNKED), chunk) }
      try check { nc_def_var_fletcher32(id, variable, Int32(NC_FLETCHER32)) }
    }
    for (name, text) in attributes { try put(text, name, variable) }
    return Variable(id: variable)
  }

  package func attribute(_ name: String, _ text: String) throws {
    try put(text, name, NC_GLOBAL)
  }

  package func attribute(_ name: String, _ value: Double) throws {
    try check {
      nc_put_att_double(id, NC_GLOBAL, name, NetCDFType.double.rawValue, 1, [value])
    }
  }

  package func attribute(_ name: String, _ value: Int) throws {
    let type: NetCDFType =
      Int32(exactly: value) != nil ? .int : layout == .classic64 ? .double : .int64
    try check { nc_put_att_longlong(id, NC_GLOBAL, name, type.rawValue, 1, [Int64(value)]) }
  }

  private func put(_ text: String, _ name: String, _ variable: Int32) throws {
    try check { nc_put_att_text(id, variable, name, text.utf8.count, text) }
  }

  // MARK: Data

  /// Writes a block of a variable, converted to its type: as many values as `count` says.
  package func write(_ values: [Double], _ variable: Variable, start: [Int], count: [Int]) throws {
    guard values.count == count.reduce(1, *) else {
      // A programmer's error: the values do not fill the block.
      fatalError("NetCDF: \(values.count) values for \(count)")
    }
    try endDeclarations()
    try check { nc_put_vara_double(id, variable.id, start, count, values) }
  }

  private func endDeclarations() throws {
    guard declares else { return }
    declares = false
    try check { nc_enddef(id) }
  }

  package func write(_ values: [Double], _ variable: Variable) throws {
    try write(values, variable, start: [0], count: [values.count])
  }

  /// Closes the file, which is when the library writes what it still holds.
  fileprivate func close() throws {
    isOpen = false
    try check { nc_close(id) }
  }
}
