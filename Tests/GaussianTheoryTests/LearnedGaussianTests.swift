import Files
import GaussianTheory
import Testing
import Torch

/// What each optimum gets right (MATH.md §4.3) and what it cannot.
///
/// Comparisons are of matrices with entries of order ten, computed by a few well-conditioned products:
/// 1e-12 is some fifty roundings.
@Suite struct LearnedGaussianTests {
  let pair: PairCovariance
  let analysis: CanonicalAnalysis
  let exactMapU: Tensor, exactMapV: Tensor
  let exactSpreadU: Tensor, exactSpreadV: Tensor

  init() throws {
    pair = try GaussianTheoryTests.pair([0.9, 0.6, 0.3], 4, 3, seed: 21)
    analysis = try pair.canonicalAnalysis()
    exactMapU = matmul(pair.uv, try pair.vv.solve(.eye(3, dtype: .float64)))
    exactMapV = matmul(pair.uv.T, try pair.uu.solve(.eye(4, dtype: .float64)))
    exactSpreadU = pair.uu - matmul(exactMapU, pair.uv.T)
    exactSpreadV = pair.vv - matmul(exactMapV, pair.uv)
  }

  private func optimum(_ tilting: GaussianTilting, _ loss: GaussianLoss, rank: Int = 3) throws
    -> GaussianOptimum
  {
    try analysis.optimum(rank: rank, tilting: tilting, loss: loss)
  }

  @Test func conditionalInnerProductHasExactMeansAndTooWideCovariances() throws {
    for loss in [GaussianLoss.twoSided, .uGivenV, .vGivenU] {
      let best = try optimum(.innerProduct, loss)
      // Theorem 5.1: A* = C_uu⁻¹ C_uv C_vv⁻¹.
      #expect(distance(best.a, try pair.uu.solve(exactMapU)) < 1e-12)
      // Corollary 5.2.
      #expect(distance(best.model.u.meanMap, exactMapU) < 1e-12)
      #expect(distance(best.model.v.meanMap, exactMapV) < 1e-12)
      let errors = try best.model.meanSquaredErrors()
      #expect(errors.u < 1e-24 && errors.v < 1e-24)
      // What it cannot: covariances stay at the marginal, wider than the truth in every direction
      // that v informs on.
      #expect(distance(best.model.u.covariance, pair.uu) == 0)
      let excess = try (best.model.u.covariance - exactSpreadU).eigenvalues().array(Double.self)
      #expect(excess[0] > -1e-12 && excess[1] > 0.01)
      // (55a): the marginal covariance C_uu^{1/2} P (I − Σ²)⁻¹ Pᵀ C_uu^{1/2}, too large.
      let joint = try best.model.joint()
      let factors = Tensor(analysis.modes.map { 1 / $0.conditionalVariance - 1 })
      let expected =
        pair.uu + matmul(analysis.loadingsU * factors.unsqueezed(0), analysis.loadingsU.T)
      #expect(distance(joint.uu, expected) < 1e-11)  // factors up to 1/0.19 enlarge the rounding
      #expect(try (joint.uu - pair.uu).eigenvalues().array(Double.self)[1] > 0.01)
    }
  }

  @Test func reducedRankKeepsTheLeadingModes() throws {
    let best = try optimum(.innerProduct, .twoSided, rank: 2)
    // The mean error is that of the mode left out: σ_3² |C_uu^{1/2} p_3|².
    let lost = analysis.loadingsU.select(dim: 1, 2).square().sum().item() * 0.3 * 0.3
    #expect(abs(try best.model.meanSquaredErrors().u - lost) < 1e-12)
  }

  @Test func jointInnerProductShrinksMeansAndHasBetterMarginals() throws {
    let joint = try optimum(.innerProduct, .joint)
    let conditional = try optimum(.innerProduct, .twoSided)
    let shrunk = analysis.correlations.map { sigma in
      ((1 + 4 * sigma * sigma).squareRoot() - 1) / (2 * sigma)
    }
    // Means are shrunk by h(σ)/σ mode by mode.
    let inModes = matmul(
      matmul(analysis.directionsU, joint.model.u.meanMap), analysis.loadingsV)
    #expect(distance(inModes, Tensor(shrunk).diagonalMatrix()) < 1e-12)
    #expect(try joint.model.meanSquaredErrors().u > 0.01)
    // (55b): marginals by 1/(1 − h²), nearer the truth than those of the conditional loss.
    let factors = Tensor(shrunk.map { 1 / (1 - $0 * $0) - 1 })
    let expected =
      pair.uu + matmul(analysis.loadingsU * factors.unsqueezed(0), analysis.loadingsU.T)
    let marginals = (try joint.model.joint(), try conditional.model.joint())
    #expect(distance(marginals.0.uu, expected) < 1e-12)
    for (near, far, truth) in [
      (marginals.0.uu, marginals.1.uu, pair.uu), (marginals.0.vv, marginals.1.vv, pair.vv),
    ] {
      #expect((near - truth).norm().item() < 0.5 * (far - truth).norm().item())
      #expect((near - truth).norm().item() > 0.01)
    }
    #expect(joint.divergence > 0.01)
  }

  @Test func oneSidedSquaredDistanceMatchesItsSideExactlyAndNotTheOther() throws {
    let best = try optimum(.squaredDistance, .uGivenV)
    // Corollary 5.4.
    #expect(distance(best.model.u.meanMap, exactMapU) < 1e-12)
    #expect(distance(best.model.u.covariance, exactSpreadU) < 1e-12)
    #expect(best.divergence == 0)
    // What it cannot: v given u is far off.
    let other = try analysis.divergence(
      g: best.g, h: best.h, tilting: .squaredDistance, loss: .vGivenU
    ).item()
    #expect(other > 0.1)
    #expect(distance(best.model.v.meanMap, exactMapV) > 0.01)
    // And the same, exchanged.
    let mirrored = try optimum(.squaredDistance, .vGivenU)
    #expect(distance(mirrored.model.v.meanMap, exactMapV) < 1e-12)
    #expect(distance(mirrored.model.v.covariance, exactSpreadV) < 1e-12)
    #expect(distance(mirrored.model.u.covariance, exactSpreadU) > 0.01)
    // At reduced rank the side is no longer exact: the mode left out costs its information.
    let reduced = try optimum(.squaredDistance, .uGivenV, rank: 2)
    #expect(abs(reduced.divergence - analysis.modes[2].information) < 1e-15)
  }

  @Test func noTiltingMatchesBothConditionals() throws {
    for tilting in GaussianTilting.allCases {
      #expect(try optimum(tilting, .twoSided).divergence > 0.01)
      #expect(try optimum(tilting, .joint).divergence > 0.01)
    }
    // The squared distance beats the inner product on the two-sided and on the joint loss.
    for loss in [GaussianLoss.twoSided, .joint] {
      #expect(
        try optimum(.squaredDistance, loss).divergence
          < optimum(.innerProduct, loss).divergence)
    }
  }

  @Test func potentialsMakeTheModelExact() throws {
    let exact = analysis.exactModel
    let precision = try pair.joint.solve(.eye(7, dtype: .float64))
    let model = cat([
      cat([try pair.uu.solve(.eye(4, dtype: .float64)) + exact.potentialU, -exact.a], dim: 1),
      cat([-exact.a.T, try pair.vv.solve(.eye(3, dtype: .float64)) + exact.potentialV], dim: 1),
    ])
    #expect(distance(model, precision) < 1e-11)  // the precision has condition number about 1e3
  }

  @Test(arguments: Entry.all)
  func jointLawAndConditionalsBelongTogether(entry: Entry) throws {
    for rank in [2, 3] {
      let best = try optimum(entry.tilting, entry.loss, rank: rank)
      let model = best.model
      let joint = try model.joint()
      let product = matmul(try model.precision(), joint.joint)
      #expect(distance(product, .eye(7, dtype: .float64)) < 1e-11)
      // Conditionals of the joint law, by the definition.
      #expect(distance(matmul(model.u.meanMap, joint.vv), joint.uv) < 1e-11)
      #expect(distance(matmul(model.v.meanMap, joint.uu), joint.uv.T) < 1e-11)
      #expect(
        distance(joint.uu - matmul(model.u.meanMap, joint.uv.T), model.u.covariance) < 1e-11)
      // From G and H alone the same law results.
      let again = LearnedGaussian(
        tilting: entry.tilting, covariance: pair, g: best.g, h: best.h)
      #expect(distance(try again.joint().joint, joint.joint) < 1e-11)
      #expect(distance(again.v.covariance, model.v.covariance) < 1e-11)
    }
  }

  @Test func meansAreCarried() throws {
    let mean = Tensor([1.0, -2, 3, 0.5, 10, 20, 30])
    let shifted = try PairCovariance(pair.joint, uDimension: 4, mean: mean)
    let best = try shifted.canonicalAnalysis()
      .optimum(rank: 3, tilting: .innerProduct, loss: .twoSided)
    let center = mean[4..<7].unsqueezed(0)
    #expect(distance(best.model.u.mean(given: center), mean[0..<4].unsqueezed(0)) < 1e-12)
    #expect(distance(best.encoders.v(center), .zeros([1, 3], dtype: .float64)) < 1e-12)
    let row = Tensor([0.3, 0.1, -0.7, 2], shape: [1, 4])
    let embedded = matmul(best.g, (row - mean[0..<4].unsqueezed(0)).T).T
    #expect(distance(best.encoders.u(row), embedded) < 1e-12)
  }

  @Test func anUnnormalisableJointModelIsRefused() throws {
    let big = Tensor.eye(3, dtype: .float64) * 3
    let g = cat([big, .zeros([3, 1], dtype: .float64)], dim: 1)
    let model = LearnedGaussian(tilting: .innerProduct, covariance: pair, g: g, h: big)
    #expect(throws: Failure.self) { try model.joint() }
    #expect(throws: Failure.self) {
      try analysis.divergence(g: g, h: big, tilting: .innerProduct, loss: .joint)
    }
    #expect(model.u.meanMap.shape == [4, 3])
  }
}
