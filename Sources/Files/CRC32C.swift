/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), by which TensorBoard's files are checked: the reflected polynomial
/// 0x82F63B78, byte by byte with a table, since event files are short.
///
/// ```swift
/// CRC32C.of(Array("123456789".utf8))   // 0xE3069283
/// ```
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in
      value & 1 == 1 ? (value >> 1) ^ 0x82F6_3B78 : value >> 1
    }
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { value, byte in
      (value >> 8) ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
  }

  /// Rotated and shifted, as records of TensorFlow's format hold it: so that the checksum of bytes that hold a checksum
  /// is not a constant.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = of(bytes)
    return ((value >> 15) | (value << 17)) &+ 0xA282_EAD8
  }
}
