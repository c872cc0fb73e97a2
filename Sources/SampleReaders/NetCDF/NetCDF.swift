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

/// The atomic types of NetCDF-4; the numbers are those of files and of the library.
package enum NetCDFType: Int32, Sendable {
  case byte = 1
  case char, short, int, float, double, ubyte, ushort, uint, int64, uint64, string

  var isText: Bool { self == .char || self == .string }
  var isFloatingPoint: Bool { self == .float || self == .double }
  var isUnsigned: Bool { [.ubyte, .ushort, .uint, .uint64].contains(self) }

  /// Bytes of a number.
  var size: Int {
    switch self {
    case .byte, .char, .ubyte: 1
    case .short, .ushort: 2
    case .int, .uint, .float: 4
    case .double, .int64, .uint64, .string: 8
    }
  }

  /// The integers of the same size with the other sign.
  var otherSign: NetCDFType {
    switch self {
    case .byte: .ubyte
    case .short: .ushort
    case .int: .uint
    case .int64: .uint64
    case .ubyte: .byte
    case .ushort: .short
    case .uint: .int
    case .uint64: .int64
    default: self
    }
  }

  /// The least and the largest value of an integer type.
  var bounds: ClosedRange<Double> {
    let bits = Double(size * 8)
    return isUnsigned ? 0...(exp2(bits) - 1) : -exp2(bits - 1)...(exp2(bits - 1) - 1)
  }

  /// What a value is that was never written (netcdf.h, NC_FILL_…), as a double; bytes and text have none.
  var defaultFill: Double? {
    switch self {
    case .byte, .ubyte, .char, .string: nil
    case .short: -32_767
    case .ushort: 65_535
    case .int: -2_147_483_647
    case .uint: 4_294_967_295
    case .int64: -0x1p63
    case .uint64: 0x1p64
    case .float, .double: 9.969_209_968_386_869e+36
    }
  }
}
