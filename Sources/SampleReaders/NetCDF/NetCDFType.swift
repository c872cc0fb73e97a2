import Foundation

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
