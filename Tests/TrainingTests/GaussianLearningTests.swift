import CoupletCore
import Foundation
import TestModels
import Testing
import Training

/// Linear encoders trained on N pairs of a Gaussian law with C = [[1.5, 1], [1, 1.5]], against the optima of the
/// population losses. In one dimension only the product A = G H is determined.
///
/// The empirical minimiser Â is a minimum over a U-statistic: its error is normal with the standard deviation
/// |ψ| / L″ / √N, where ψ is the influence of a pair on the slope of the loss at A*,
///
///     one side:   ψ = −u v + A* C v² + h(u),   h(u) = E_v' [v' (u − A* C v') exp(A* u v' − A*² C v'²/2)],
///     both sides: the mean of that and of the same with u and v exchanged,
///
/// and L″ = C² = 2.25. By quadrature |ψ| / L″ is 0.749 for one side and 0.640 for both, the limits as N → ∞. The tails of
/// h are heavy, so that the limit is approached from below: at N = 1000 simulation gives 0.60 and 0.53.
@Suite struct GaussianLearningTests {
  private static let n = 1000

  /// A = G H after training on all pairs as one batch.
  private func learnedProduct(_ loss: any Loss) throws -> Double {
    let root = Tensor([1.5, 1, 1, 1.5], shape: [2, 2])
    let pairs = matmul(normal([GaussianLearningTests.n, 2], Key(21)), try root.cholesky().T)
    let coupling = Coupling(
      u: LinearEncoder(Tensor([0.3], shape: [1, 1])),
      v: LinearEncoder(Tensor([0.2], shape: [1, 1])), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
    let trainer = Trainer(
      loss: loss, optimizer: .lbfgs(learningRate: 1, iterations: 20),
      batchSize: GaussianLearningTests.n, epochs: 1)
    try trainer.fit(
      coupling,
      to: try PairedData(u: pairs.narrow(dim: 1, 0..<1), v: pairs.narrow(dim: 1, 1..<2)))
    let product = coupling.parameters.tensors.map { $0.item() }.reduce(1, *)
    try trainer.fit(
      coupling,
      to: try PairedData(u: pairs.narrow(dim: 1, 0..<1), v: pairs.narrow(dim: 1, 1..<2)))
    let again = coupling.parameters.tensors.map { $0.item() }.reduce(1, *)
    // Twice as many iterations change nothing that matters: the statistical error is 0.02.
    #expect(abs(again - product) < 1e-3)
    return again
  }

  /// Theorem 5.1: A* = C_uu⁻¹ C_uv C_vv⁻¹ = 1/2.25, whichever sides are matched.
  @Test(arguments: [ConditionalLoss.Sides.twoSided, .uGivenV, .vGivenU])
  func theConditionalLossFindsTheOptimum(_ sides: ConditionalLoss.Sides) throws {
    let deviation =
      (sides == .twoSided ? 0.640 : 0.749) / Double(GaussianLearningTests.n).squareRoot()
    let product = try learnedProduct(ConditionalLoss(sides))
    #expect(abs(product - 1 / 2.25) < 4 * deviation)
  }

  /// Theorem 5.6: the joint loss shrinks it to (√(1 + 4σ²) − 1)/(2σ) / C = 1/3 with σ = 2/3. Here
  /// ψ = −(u v − 1) + k(u) + k(v) with k(u) = (A C u² − 1) exp(A² C u²/2) √(1 − A² C²), L″ = 5, and |ψ| / L″ = 0.503.
  @Test func theJointLossShrinksTheOptimum() throws {
    let deviation = 0.503 / Double(GaussianLearningTests.n).squareRoot()
    let product = try learnedProduct(JointLoss())
    #expect(abs(product - 1 / 3.0) < 4 * deviation)
  }
}
