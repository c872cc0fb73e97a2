import CNetCDF
import Files
import Foundation

/// A NetCDF-4 file that is being written; see `NetCDF.write`.
///
/// First dimensions, variables and attributes are declared; the first data end the declarations.
final class NetCDFOutput {
  struct Dimension { fileprivate let id: Int32 }
  struct Variable { fileprivate let id: Int32 }

  /// The path that the user knows.
  private let path: String
  private let id: Int32
  private var isOpen = true

  init(_ file: String, shownAs path: String) throws {
    self.path = path
    NetCDF.silence()
    var id: Int32 = 0
    // Temporary names are unique; an older file of the same name is not ours to replace.
    try NetCDF.check(nc_create(file, NC_NETCDF4 | NC_NOCLOBBER, &id), "cannot write", at: path)
    self.id = id
    // Everything that is declared is also written.
    nc_set_fill(id, NC_NOFILL, nil)
  }

  deinit { if isOpen { nc_abort(id) } }

  private func check(_ status: Int32) throws {
    try NetCDF.check(status, "cannot write", at: path)
  }

  // MARK: Declarations

  func dimension(_ name: String, _ length: Int) throws -> Dimension {
    var dimension: Int32 = 0
    try check(nc_def_dim(id, name, length, &dimension))
    return Dimension(id: dimension)
  }

  /// - Parameter chunk: the lengths of the pieces in which a large variable is stored, with a checksum each.
  func variable(
    _ name: String, _ type: Int32, _ dimensions: [Dimension], chunk: [Int]? = nil,
    _ attributes: [(String, String)]
  ) throws -> Variable {
    var variable: Int32 = 0
    let ids = dimensions.map(\.id)
    try check(nc_def_var(id, name, type, Int32(ids.count), ids, &variable))
    if let chunk {
      try check(nc_def_var_chunking(id, variable, Int32(NC_CHUNKED), chunk))
      try check(nc_def_var_fletcher32(id, variable, Int32(NC_FLETCHER32)))
    }
    for (name, text) in attributes { try put(text, name, variable) }
    return Variable(id: variable)
  }

  func attribute(_ name: String, _ text: String) throws { try put(text, name, NC_GLOBAL) }

  func attribute(_ name: String, _ value: Double) throws {
    try check(nc_put_att_double(id, NC_GLOBAL, name, NC_DOUBLE, 1, [value]))
  }

  func attribute(_ name: String, _ value: Int) throws {
    try check(nc_put_att_longlong(id, NC_GLOBAL, name, NC_INT64, 1, [Int64(value)]))
  }

  func attribute(_ name: String, _ values: [Int], of variable: Variable) throws {
    try check(
      nc_put_att_int(id, variable.id, name, NC_INT, values.count, values.map { Int32($0) }))
  }

  private func put(_ text: String, _ name: String, _ variable: Int32) throws {
    try check(nc_put_att_text(id, variable, name, text.utf8.count, text))
  }

  // MARK: Data

  /// Writes a block of a variable, converted to its type.
  func write(_ values: [Double], _ variable: Variable, start: [Int], count: [Int]) throws {
    precondition(
      values.count == count.reduce(1, *), "NetCDF: \(values.count) values for \(count)")
    try check(nc_put_vara_double(id, variable.id, start, count, values))
  }

  func write(_ values: [Double], _ variable: Variable) throws {
    try write(values, variable, start: [0], count: [values.count])
  }

  /// Closes the file, which is when the library writes what it still holds.
  func close() throws {
    isOpen = false
    try check(nc_close(id))
  }
}

/// NetCDF files (https://www.unidata.ucar.edu/software/netcdf), through the C library. The library serves one thread
/// at a time.
enum NetCDF {
  /// Writes a file so that the path holds the old file or the new one, whole.
  static func write(to path: String, _ body: (NetCDFOutput) throws -> Void) throws {
    try AtomicFile.replace(path) { temporary in
      let output = try NetCDFOutput(temporary, shownAs: path)
      try body(output)
      try output.close()
    }
  }

  /// Keeps HDF5, on which NetCDF-4 is built, from printing what NetCDF reports anyway: it does so anew in every
  /// thread. HDF5 is there once NetCDF is, under names that differ between systems; so it is looked up.
  static func silence() {
    typealias SetPrinter = @convention(c) (Int64, UnsafeRawPointer?, UnsafeRawPointer?) -> Int32
    guard let symbol = dlsym(dlopen(nil, RTLD_LAZY), "H5Eset_auto2") else { return }
    _ = unsafeBitCast(symbol, to: SetPrinter.self)(0, nil, nil)
  }

  /// - Throws: `Failure` with the library's reason unless `status` is NC_NOERR.
  static func check(_ status: Int32, _ what: String, at place: String) throws {
    guard status != NC_NOERR else { return }
    // Positive codes are the system's.
    if status > 0 { throw Failure.system(what, at: place, code: status) }
    let reason = String(cString: nc_strerror(status))
      .replacingOccurrences(of: "NetCDF: ", with: "")
    throw Failure(
      "\(what): \(reason)", at: place, remedy: "check that the file is whole and the disk has space"
    )
  }
}
