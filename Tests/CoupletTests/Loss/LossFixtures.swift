import Couplet
import Foundation

/// What Fixtures/make_losses.py wrote.
struct LossFixtures: Decodable {
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

  static func read() throws -> LossFixtures {
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/losses.json")
    return try JSONDecoder().decode(LossFixtures.self, from: Data(contentsOf: file))
  }

  /// The embeddings u and v, and the temperature.
  var point: [Tensor] {
    [
      Tensor(u, shape: [count, dimension]), Tensor(v, shape: [count, dimension]),
      Tensor(temperature, dtype: .float64),
    ]
  }
}
