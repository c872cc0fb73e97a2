// An encoder of one's own: a point on a circle for an angle, by its first harmonics, then a linear map. It is
// paired with a plain perceptron of a noisy observation of the point.
import Couplet

struct Harmonics: SampleEncoder {
  let linear: Linear
  let count: Int

  init(count: Int, dimension: Int, key: Key) {
    self.linear = Linear(2 * count, dimension, key: key)
    self.count = count
  }

  var dimension: Int { linear.dimension }
  var parameters: Parameters { linear.parameters }

  /// - Parameter input: angles in radians, N × 1.
  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let multiples = cat((1...count).map { input * Double($0) }, dim: 1)
    return linear(cat([multiples.cos(), multiples.sin()], dim: 1), mode: mode)
  }
}

let keys = Key(0).split(4)
let angles = Tensor.uniform([4000, 1], low: -.pi, high: .pi, key: keys[0])
let points =
  cat([angles.cos(), angles.sin()], dim: 1) + Tensor.normal([4000, 2], key: keys[1]) * 0.1
let pairs = try PairedData(u: angles, v: points)

let coupling = Coupling(
  u: Harmonics(count: 3, dimension: 8, key: keys[2]), v: MLP([2, 64, 8], key: keys[3]),
  tilting: .squaredDistance, temperature: try Temperature(.learned(initial: 0.5)))
try Trainer(
  loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: 3e-3), batchSize: 500, epochs: 15
).fit(coupling, to: pairs[0..<3500])

// Which angle belongs to the point (0, 1)? The answer should be close to π/2, within the noise of 0.1.
let posterior = coupling.conditional(
  .u, given: Tensor([Float(0), 1], shape: [1, 2]), among: angles)
let spread = posterior.covariance.item().squareRoot()
print("mean \(posterior.mean.item()), standard deviation \(spread)")
