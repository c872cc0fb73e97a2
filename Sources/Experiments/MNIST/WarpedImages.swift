import Couplet
import Foundation

/// Images under small random affine maps, the same ones for the same key: shifted, turned, scaled, sheared about
/// their centre, with linear interpolation and 0 outside.
struct WarpedImages {
  /// N × height × width.
  let images: Tensor
  /// The largest shift, in pixels, along both axes.
  var shift = 0.0
  /// The largest angle, in radians.
  var angle = 0.0
  /// The largest change of size along either axis, and the largest shear, as fractions.
  var stretch = 0.0

  func callAsFunction(_ key: Key) -> Tensor {
    let (count, height, width) = (images.shape[0], images.shape[1], images.shape[2])
    // Uniform on [−1, 1]: two shifts, an angle, two stretches, a shear.
    let draws = Tensor.uniform([count, 6], low: -1, high: 1, key: key).array(Float.self)
    let result = images.withElements(Float.self) { pixels in
      [Float](unsafeUninitializedCapacity: count * height * width) { buffer, filled in
        for i in 0..<count {
          let map = AffineMap(self, draws[6 * i..<6 * i + 6])
          warp(
            pixels.baseAddress.map { $0 + i * height * width },
            into: buffer.baseAddress.map { $0 + i * height * width }, height, width, map)
        }
        filled = count * height * width
      }
    }
    return Tensor(result, shape: [count, height, width])
  }

  /// x ↦ (a x + b y + c, d x + e y + f) for (x, y) relative to the centre.
  private struct AffineMap {
    let a, b, c, d, e, f: Float

    init(_ settings: WarpedImages, _ draws: ArraySlice<Float>) {
      let u = Array(draws)
      let (shift, stretch) = (Float(settings.shift), Float(settings.stretch))
      let angle = Float(settings.angle) * u[2]
      let (cosine, sine) = (cos(angle), sin(angle))
      let (x, y, shear) = (1 + stretch * u[3], 1 + stretch * u[4], stretch * u[5])
      (a, b, c) = (cosine * x, -sine * y + cosine * shear, shift * u[0])
      (d, e, f) = (sine * x, cosine * y + sine * shear, shift * u[1])
    }
  }

  private func warp(
    _ source: UnsafePointer<Float>?, into target: UnsafeMutablePointer<Float>?, _ height: Int,
    _ width: Int, _ map: AffineMap
  ) {
    guard let source, let target else { return }
    let (centerX, centerY) = (Float(width - 1) / 2, Float(height - 1) / 2)
    for row in 0..<height {
      let y = Float(row) - centerY
      for column in 0..<width {
        let x = Float(column) - centerX
        let sx = map.a * x + map.b * y + map.c + centerX
        let sy = map.d * x + map.e * y + map.f + centerY
        let (left, top) = (sx.rounded(.down), sy.rounded(.down))
        let (fx, fy) = (sx - left, sy - top)
        let (j, i) = (Int(left), Int(top))
        func pixel(_ i: Int, _ j: Int) -> Float {
          i >= 0 && i < height && j >= 0 && j < width ? source[i * width + j] : 0
        }
        let upper = pixel(i, j) * (1 - fx) + pixel(i, j + 1) * fx
        let lower = pixel(i + 1, j) * (1 - fx) + pixel(i + 1, j + 1) * fx
        target[row * width + column] = upper * (1 - fy) + lower * fy
      }
    }
  }
}
