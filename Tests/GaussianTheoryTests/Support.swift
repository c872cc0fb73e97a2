import GaussianTheory
import Testing
import Torch

/// A pair with the given canonical correlations, mixed by well-conditioned random matrices.
func pair(_ correlations: [Double], _ nu: Int, _ nv: Int, seed: UInt64) throws -> PairCovariance {
  let (fu, fv) = (mixing(nu, Key(seed).folded(with: 0)), mixing(nv, Key(seed).folded(with: 1)))
  var entries = [Double](repeating: 0, count: nu * nv)
  for (i, sigma) in correlations.enumerated() { entries[i * nv + i] = sigma }
  let cross = matmul(matmul(fu, Tensor(entries, shape: [nu, nv])), fv.T)
  let joint = cat([
    cat([matmul(fu, fu.T), cross], dim: 1), cat([cross.T, matmul(fv, fv.T)], dim: 1),
  ])
  return try PairCovariance(joint, uDimension: nu)
}

/// Two times the identity plus a standard normal matrix over √n: singular values between 1 and 3, mostly.
private func mixing(_ n: Int, _ key: Key) -> Tensor {
  Tensor.eye(n, dtype: .float64) * 2
    + Tensor.normal([n, n], key: key, dtype: .float64) / Double(n).squareRoot()
}

/// The largest |x − y|.
func distance(_ x: Tensor, _ y: Tensor) -> Double { (x - y).abs().max().item() }

/// N draws of (u, v) from N(0, C).
func draws(_ covariance: PairCovariance, _ count: Int, key: Key) throws -> (u: Tensor, v: Tensor) {
  let n = covariance.uDimension + covariance.vDimension
  let z = Tensor.normal([count, n], key: key, dtype: .float64)
  let x = try matmul(z, covariance.joint.cholesky().T)
  return (
    x.narrow(dim: 1, 0..<covariance.uDimension), x.narrow(dim: 1, covariance.uDimension..<n)
  )
}

extension GaussianLoss {
  static let named: [(name: String, loss: GaussianLoss)] = [
    ("two-sided", .twoSided), ("u-given-v", .uGivenV), ("v-given-u", .vGivenU), ("joint", .joint),
  ]
}

/// One entry of the atlas.
struct Entry: CustomTestStringConvertible, Sendable {
  let tilting: GaussianTilting
  let name: String
  let loss: GaussianLoss
  var testDescription: String { "\(tilting.rawValue), \(name)" }

  static let all = GaussianTilting.allCases.flatMap { tilting in
    GaussianLoss.named.map { Entry(tilting: tilting, name: $0.name, loss: $0.loss) }
  }
}
