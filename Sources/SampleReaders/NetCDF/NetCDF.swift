import CNetCDF
import Files
import Foundation

/// NetCDF and HDF5 files (https://www.unidata.ucar.edu/software/netcdf), through netCDF-C.
package enum NetCDF {
  /// The library serves one thread at a time.
  private static let lock = NSRecursiveLock()

  /// Calls the library.
  static func call(_ body: () -> Int32) -> Int32 { lock.withLock(body) }

  /// Does work during which no other thread uses the library.
  static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
    try lock.withLock(body)
  }

  /// - Throws: `Failure` when Couplet was built where there was no netCDF-C.
  static func requireBuiltIn(at path: String) throws {
    guard cnetcdf_is_built_in() != 0 else {
      throw Failure(
        "reading and writing of NetCDF and HDF5 are not built in", at: path,
        remedy: "install libnetcdf-dev and build Couplet again")
    }
    silence()
  }

  /// Keeps HDF5, on which NetCDF-4 is built, from printing what NetCDF reports anyway: it does so anew in every
  /// thread. HDF5 is there once NetCDF is, under names that differ between systems; so it is looked up.
  private static func silence() {
    typealias SetPrinter = @convention(c) (Int64, UnsafeRawPointer?, UnsafeRawPointer?) -> Int32
    guard let symbol = dlsym(dlopen(nil, RTLD_LAZY), "H5Eset_auto2") else { return }
    _ = call { unsafeBitCast(symbol, to: SetPrinter.self)(0, nil, nil) }
  }

  /// The library's word for a status.
  static func reason(_ status: Int32) -> String {
    String(cString: nc_strerror(status)).replacingOccurrences(of: "NetCDF: ", with: "")
  }

  /// A name or text that the library has written into characters that end at the first 0.
  static func string(_ characters: some Sequence<CChar>) -> String {
    String(
      decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
