import CoupletCore
import Foundation

/// Losses and their gradients at one point, by PyTorch.
protocol GradientFixtures: Decodable {
  /// The file in Fixtures that holds them.
  static var file: String { get }
  var count: Int { get }
  var dimension: Int { get }
  var temperature: Double { get }
  var u: [Double] { get }
  var v: [Double] { get }
}

extension GradientFixtures {
  static func read() throws -> Self {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/\(file)")
    return try JSONDecoder().decode(Self.self, from: Data(contentsOf: path))
  }

  /// The embeddings u and v, and the temperature.
  var point: [Tensor] {
    [
      Tensor(u, shape: [count, dimension]), Tensor(v, shape: [count, dimension]),
      Tensor(temperature, dtype: .float64),
    ]
  }
}

/// What Fixtures/make_losses.py wrote.
struct LossFixtures: GradientFixtures {
  static let file = "losses.json"

  struct Case: Decodable {
    var tilting: String
    var loss: String
    var value: Double
    var gradientU: [Double]
    var gradientV: [Double]
    var gradientTemperature: Double
  }

  var count: Int
  var dimension: Int
  var temperature: Double
  var u: [Double]
  var v: [Double]
  var cases: [Case]
}
