import Files

/// The values of a function of two variables on a rectangular grid.
///
/// ```swift
/// let density = ScalarField(x: x, y: y) { u, v in exp(-(u * u - u * v + v * v)) }
/// ```
public struct ScalarField: Sendable, Equatable {
  /// Coordinates of the columns, ascending.
  public let x: [Double]
  /// Coordinates of the rows, ascending.
  public let y: [Double]
  /// The value at (x[i], y[j]) is `values[j * x.count + i]`; those not finite are gaps.
  public let values: [Double]

  /// A field from values stored row by row, `values.count == x.count * y.count`.
  public init(x: [Double], y: [Double], values: [Double]) {
    require(
      x.count > 1 && y.count > 1 && values.count == x.count * y.count,
      "ScalarField: \(values.count) values on a grid of \(x.count) × \(y.count)")
    require(
      zip(x, x.dropFirst()).allSatisfy(<) && zip(y, y.dropFirst()).allSatisfy(<),
      "ScalarField: coordinates must ascend")
    self.x = x
    self.y = y
    self.values = values
  }

  /// The field of a function.
  public init(x: [Double], y: [Double], _ function: (_ x: Double, _ y: Double) -> Double) {
    self.init(x: x, y: y, values: y.flatMap { y in x.map { function($0, y) } })
  }

  /// The least and the largest finite value; nil when there is none.
  public var range: ClosedRange<Double>? { values.finiteRange }
}

extension ScalarField {
  /// The field on `size` × `size` pixels, by bilinear interpolation; a pixel in a grid cell with
  /// a gap at a corner is a gap.
  func raster(size: Int) -> Raster {
    func position(_ pixel: Int, in nodes: [Double]) -> (cell: Int, fraction: Double) {
      let t = (Double(pixel) + 0.5) / Double(size)
      let coordinate = nodes[0] + t * (nodes[nodes.count - 1] - nodes[0])
      let above = nodes.firstIndex { $0 > coordinate } ?? nodes.count - 1
      let cell = max(above - 1, 0)
      return (cell, (coordinate - nodes[cell]) / (nodes[cell + 1] - nodes[cell]))
    }
    let columns = (0..<size).map { position($0, in: x) }
    var pixels: [Double] = []
    pixels.reserveCapacity(size * size)
    for row in 0..<size {
      let (j, b) = position(row, in: y)
      for (i, a) in columns {
        let corner = j * x.count + i
        let low = (1 - a) * values[corner] + a * values[corner + 1]
        let high = (1 - a) * values[corner + x.count] + a * values[corner + x.count + 1]
        pixels.append((1 - b) * low + b * high)
      }
    }
    return Raster(
      width: size, height: size, values: pixels,
      x: x[0]...x[x.count - 1], y: y[0]...y[y.count - 1])
  }
}

/// Equal pixels that fill a rectangle of a panel, the lowest row first.
struct Raster: Sendable, Equatable {
  var width: Int
  var height: Int
  var values: [Double]
  var x: ClosedRange<Double>
  var y: ClosedRange<Double>

  /// Every pixel repeated `factor` times in both directions, so that viewers that smooth images
  /// leave its edges sharp.
  func magnified(_ factor: Int) -> Raster {
    var result = self
    result.width *= factor
    result.height *= factor
    result.values = (0..<result.height).flatMap { row in
      (0..<result.width).map { values[row / factor * width + $0 / factor] }
    }
    return result
  }
}

extension Array where Element == Double {
  /// The least and the largest finite element; nil when there is none.
  var finiteRange: ClosedRange<Double>? {
    let finite = filter(\.isFinite)
    guard let low = finite.min(), let high = finite.max() else { return nil }
    return low...high
  }
}
