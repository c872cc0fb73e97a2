import Foundation

extension Data {
  /// Reverses the bytes of each element.
  mutating func swapBytes(ofWidth width: Int) {
    withUnsafeMutableBytes { $0.swapBytes(ofWidth: width) }
  }

  mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Reverses the bytes of each element: between big-endian files and this little-endian machine.
  public func swapBytes(ofWidth width: Int) {
    switch width {
    case 2: swap(UInt16.self)
    case 4: swap(UInt32.self)
    case 8: swap(UInt64.self)
    default: break
    }
  }

  private func swap<T: FixedWidthInteger>(_ type: T.Type) {
    for offset in stride(from: 0, to: count, by: MemoryLayout<T>.size) {
      let value = loadUnaligned(fromByteOffset: offset, as: T.self)
      storeBytes(of: value.byteSwapped, toByteOffset: offset, as: T.self)
    }
  }
}
