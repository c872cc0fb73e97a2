import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct JointLossTests {
  private func batch(_ s: Tensor) -> ScoredBatch {
    ScoredBatch(pairs: ScoreFactors(x: s, y: .eye(s.shape[0], dtype: .float64, device: s.device)))
  }

  @Test func isTheDonskerVaradhanFormula() {
    let n = 6
    let scores = normal([n, n], Key(1)) * 2
    let s = scores.array(Double.self)
    let fit = (0..<n).map { s[n * $0 + $0] }.reduce(0, +) / Double(n)
    let all = s.map { exp($0) }.reduce(0, +) / Double(n * n)
    let off = s.indices.filter { $0 / n != $0 % n }.map { exp(s[$0]) }.reduce(0, +)
    // Some dozen roundings of numbers of order 1.
    #expect(abs(JointLoss(.allPairs)(batch(scores)).item() - (log(all) - fit)) < 1e-14)
    let formula = log(off / Double(n * (n - 1))) - fit
    #expect(abs(JointLoss(.offDiagonal)(batch(scores)).item() - formula) < 1e-14)
    #expect(JointLoss().normalizer == .offDiagonal)
  }

  @Test func itsGradientIsTheSoftmaxOverTheUsedPairsLessThePartners() throws {
    let n = 6
    let scores = normal([n, n], Key(2)) * 2
    let identity = Tensor.eye(n, dtype: .float64, device: .test)
    let all = try gradients(at: [scores]) { JointLoss(.allPairs)(batch($0[0])) }[0]
    let softmax = scores.flattened().softmax(dim: 0).reshaped([n, n])
    #expect(distance(all, softmax - identity / Double(n)) < 1e-15)
    let off = try gradients(at: [scores]) { JointLoss(.offDiagonal)(batch($0[0])) }[0]
    let used = scores.masked(.eye(n, dtype: .bool), with: -.infinity)
    let usedSoftmax = used.flattened().softmax(dim: 0).reshaped([n, n])
    #expect(distance(off, usedSoftmax - identity / Double(n)) < 1e-15)
  }

  /// Theorem 3.10 on a batch: with all pairs in both normalisers it is Jensen's inequality, for every score.
  @Test func overAllPairsIsNeverBelowTheConditionalLosses() {
    for seed in 0..<50 {
      let scale = [0.1, 1, 5, 50][seed % 4]
      let s = batch(normal([2 + seed, 2 + seed], Key(UInt64(seed))) * scale)
      let joint = JointLoss(.allPairs)(s).item()
      for sides in [ConditionalLoss.Sides.twoSided, .uGivenV, .vGivenU] {
        // Rounding of scores of up to 200.
        #expect(ConditionalLoss(sides)(s).item() <= joint + 1e-12)
      }
    }
  }

  /// The bound is attained exactly by scores whose normalisers are all equal.
  @Test func equalsTheConditionalLossWhenAllNormalisersAreEqual() {
    let n = 8
    let one = normal([n], Key(5)).array(Double.self)
    let circulant = (0..<n).flatMap { i in (0..<n).map { one[(i + $0) % n] } }
    let s = batch(Tensor(circulant, shape: [n, n]))
    #expect(abs(JointLoss(.allPairs)(s).item() - ConditionalLoss(.twoSided)(s).item()) < 1e-14)
  }

  /// Off the diagonal it is not: with partners scored far above the rest the loss falls without bound, while
  /// the conditional one stays above −log N.
  @Test func offTheDiagonalMayBeBelowTheConditionalLoss() {
    let s = batch(.eye(5, dtype: .float64) * 30)
    #expect(abs(JointLoss(.offDiagonal)(s).item() + 30) < 1e-13)
    #expect(ConditionalLoss(.twoSided)(s).item() > -log(5.0))
  }
}
