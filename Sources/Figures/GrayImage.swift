import Files

/// A grey image of `height` × `width` pixels, 0 black and 255 white, the top row first.
///
/// ```swift
/// let seven = GrayImage(width: 28, height: 28, values: pixels)   // pixels in 0...1
/// ```
public struct GrayImage: Sendable, Equatable {
  /// Pixels of a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Row by row from the top left.
  public let pixels: [UInt8]

  /// An image of `width` · `height` bytes, row by row from the top left.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    require(
      width > 0 && height > 0 && pixels.count == width * height,
      "GrayImage: \(pixels.count) pixels for \(height) × \(width)")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// An image from brightnesses, 0 black and 1 white; what lies outside is cut off and NaN is
  /// black. `inverted` exchanges black and white, for ink on paper.
  public init(width: Int, height: Int, values: [Double], inverted: Bool = false) {
    self.init(
      width: width, height: height,
      pixels: values.map { value in
        let cut = value.isNaN ? 0 : Swift.min(Swift.max(value, 0), 1)
        return UInt8((255 * (inverted ? 1 - cut : cut)).rounded())
      })
  }
}
