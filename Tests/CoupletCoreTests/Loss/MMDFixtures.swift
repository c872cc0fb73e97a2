import CoupletCore

/// What Fixtures/make_mmd_losses.py wrote.
struct MMDFixtures: GradientFixtures {
  static let file = "mmd_losses.json"

  struct Case: Decodable {
    var tilting: String
    var loss: String
    var kernelU: String
    var kernelV: String
    var ofLabels: Bool
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
  var x: [Double]
  var y: [Double]
  var labels: [Int]
  var cases: [Case]

  func data(ofLabels: Bool) -> [Tensor] {
    let y = ofLabels ? Tensor(labels) : Tensor(y, shape: [count, y.count / count])
    return [Tensor(x, shape: [count, x.count / count]), y]
  }

  static let kernels: [String: Kernel] = [
    "gaussian 0.8": .gaussian(.fixed(0.8)), "gaussian median": .gaussian(.median),
    "laplace 1.1": .laplace(.fixed(1.1)), "laplace median": .laplace(.median),
    "polynomial": .polynomial(), "energy": .energy,
  ]
}
