import Foundation

extension Data {
  /// The elements of an array stored with its first index running fastest, as NumPy's Fortran order
  /// has them, in row-major order.
  func rowMajor(fromFortranOrder shape: [Int], width: Int) -> Data {
    guard shape.count > 1, !isEmpty else { return self }
    switch width {
    case 1: return rowMajor(fromFortranOrder: shape, of: UInt8.self)
    case 2: return rowMajor(fromFortranOrder: shape, of: UInt16.self)
    case 4: return rowMajor(fromFortranOrder: shape, of: UInt32.self)
    default: return rowMajor(fromFortranOrder: shape, of: UInt64.self)
    }
  }

  /// Element (i, m, j) — i the first index, j the last, m those between — stands at i + I(m + Mj)
  /// in the file, with m counted first-index-fastest, and belongs at (iM + m')J + j, with m' counted
  /// last-index-fastest. For each m the plane (i, j) is transposed in square tiles, so that both
  /// sides stay in the cache.
  private func rowMajor<T: BitwiseCopyable>(
    fromFortranOrder shape: [Int], of type: T.Type
  ) -> Data {
    let rows = shape[0]
    let columns = shape[shape.count - 1]
    let middle = Array(shape[1..<shape.count - 1])
    let planes = middle.reduce(1, *)
    let tile = 32
    var result = Data(count: count)
    withUnsafeBytes { source in
      result.withUnsafeMutableBytes { target in
        let source = source.assumingMemoryBound(to: T.self)
        let target = target.assumingMemoryBound(to: T.self)
        for plane in 0..<planes {
          let from = FortranOrder.place(plane, in: middle)
          for row in stride(from: 0, to: rows, by: tile) {
            for column in stride(from: 0, to: columns, by: tile) {
              for i in row..<Swift.min(row + tile, rows) {
                for j in column..<Swift.min(column + tile, columns) {
                  target[(i * planes + plane) * columns + j] =
                    source[i + rows * (from + planes * j)]
                }
              }
            }
          }
        }
      }
    }
    return result
  }
}

/// The order in which an array's first index runs fastest.
public enum FortranOrder {
  /// The first-index-fastest place of the position whose last-index-fastest place is `place`.
  ///
  /// ```swift
  /// FortranOrder.place(1, in: [2, 3])   // 2: the element [0, 1]
  /// ```
  public static func place(_ place: Int, in shape: [Int]) -> Int {
    var rest = place
    var result = 0
    for extent in shape.reversed() {
      result = result * extent + rest % extent
      rest /= extent
    }
    return result
  }
}
