import Foundation
import Torch

/// Draws from N(0, 1) that need no tensor, and are the same whatever vector unit the processor has: the Box–Muller
/// transform of words of a key.
enum NormalDraws {
  static func array(_ count: Int, key: Key) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(buffer, key: key)
      initialized = count
    }
  }

  /// Sets all elements.
  static func fill(_ buffer: UnsafeMutableBufferPointer<Double>, key: Key) {
    for index in stride(from: 0, to: buffer.count, by: 2) {
      // In (0, 1], so that the logarithm is finite.
      let radius = (-2 * log(Double((key.word(index) >> 11) + 1) * 0x1p-53)).squareRoot()
      let angle = 2 * .pi * (Double(key.word(index + 1) >> 11) * 0x1p-53)
      buffer[index] = radius * cos(angle)
      if index + 1 < buffer.count { buffer[index + 1] = radius * sin(angle) }
    }
  }
}
