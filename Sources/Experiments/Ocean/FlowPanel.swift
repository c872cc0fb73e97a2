import CoupletCore
import Figures
import Foundation
import SampleReaders
import Simulators

/// Pictures of flows on the torus [0, 1]².
enum FlowPanel {
  /// The points of a picture: 49 × 49, x₁ running fastest, the edges 0 and 1 both among them.
  static let side = 49
  static let axis = (0..<side).map { Double($0) / Double(side - 1) }
  static var points: Tensor {
    Tensor(axis.flatMap { second in axis.flatMap { [$0, second] } }, shape: [side * side, 2])
  }

  /// Values at the points as a field.
  static func field(_ values: Tensor) -> ScalarField {
    ScalarField(x: axis, y: axis, values: values.to(.float64).flattened().array(Double.self))
  }

  /// A field in colours between contour lines, symmetric about 0 (or from 0 on, when it is a deviation), with a path on
  /// top.
  static func panel(
    _ field: ScalarField, title: Text, limit: Double, isDeviation: Bool = false,
    path: Tensor? = nil, _ further: [Mark] = []
  ) -> Panel {
    let count = 12
    let levels = (0...count).map {
      isDeviation
        ? limit * Double($0) / Double(count)
        : limit * (2 * Double($0) / Double(count) - 1)
    }
    var marks = [
      Mark.filledContours(field, levels: levels, map: isDeviation ? .magnitude : .signed),
      .contours(field, levels: levels, color: .gray, width: 0.4),
    ]
    marks += further
    if let path { marks += line(path) }
    let axis = Axis(range: 0...1, ticks: .at([0, 0.5, 1]))
    return Panel(
      title: title, x: axis, y: axis, legend: .none, equalAspect: true, grid: false, marks)
  }

  /// A path (points × 2, not wrapped) on the torus, broken where it leaves at one side to come back at the other, with
  /// a disc at its end.
  static func line(_ path: Tensor) -> [Mark] {
    let wrapped = Ocean.wrapped(path.to(.float64))
    let (x, y) = (wrapped.column(0), wrapped.column(1))
    var (broken, heights): ([Double], [Double]) = ([], [])
    for index in x.indices {
      if index > 0, abs(x[index] - x[index - 1]) > 0.5 || abs(y[index] - y[index - 1]) > 0.5 {
        broken.append(.nan)
        heights.append(.nan)
      }
      broken.append(x[index])
      heights.append(y[index])
    }
    return [
      .line(x: broken, y: heights, color: .black, width: 1.8),
      .points(x: [0.75], y: [0.75], color: .black, symbol: .circle, size: 0.8),
      .points(x: x.suffix(1), y: y.suffix(1), color: .black, size: 0.7),
    ]
  }

  /// The velocities of a flow as arrows, the longest `length` long.
  static func arrows(_ ocean: Ocean, _ coefficients: Tensor, time: Double, length: Double) -> Mark {
    let count = 14
    let places = (0..<count).map { (Double($0) + 0.5) / Double(count) }
    let (x, y) = (
      places.flatMap { _ in places }, places.flatMap { y in places.map { _ in y } }
    )
    let points = Tensor(zip(x, y).flatMap { [$0, $1] }, shape: [x.count, 2])
    let velocity = ocean.velocity(of: coefficients, at: points, time: time)[0]
    let scale = length / max(velocity.norm(dim: 1).max().item(), 1e-300)
    let (dx, dy) = (
      velocity.column(0).map { $0 * scale }, velocity.column(1).map { $0 * scale }
    )
    return .arrows(
      x: zip(x, dx).map { $0 - $1 / 2 }, y: zip(y, dy).map { $0 - $1 / 2 }, dx: dx, dy: dy,
      color: .gray, width: 0.7)
  }
}

extension Tensor {
  /// A column of a matrix.
  func column(_ index: Int) -> [Double] {
    select(dim: 1, index).to(.float64).array(Double.self)
  }
}
