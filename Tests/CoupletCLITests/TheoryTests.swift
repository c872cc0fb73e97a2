import Files
import Foundation
import GaussianTheory
import Testing
import Torch

/// `couplet theory` as a user runs it. That the closed forms are the minima is tested where they are
/// (`AtlasTests`); here it is what the command prints that must attain them.
@Suite struct TheoryTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A covariance with n coordinates whose eigenvalues reach from 1 down to 1/condition.
  private func covariance(_ n: Int, condition: Double, seed: UInt64) -> Tensor {
    let rotation = Tensor.normal([n, n], key: Key(seed), dtype: .float64).qr().q
    let spectrum = Tensor((0..<n).map { pow(condition, -Double($0) / Double(n - 1)) })
    let matrix = matmul(rotation * spectrum.unsqueezed(0), rotation.T)
    return (matrix + matrix.T) * 0.5
  }

  private func save(_ tensor: Tensor, _ name: String) throws {
    try Npy.write(tensor.contiguous().numericArray, to: folder.path(name))
  }

  private func theory(_ options: String) throws -> RunningCommand.Result {
    try RunningCommand.run("theory \(options)", in: folder.url)
  }

  private func matrix(_ value: Any?) throws -> Tensor {
    let rows = try #require(value as? [[Double]])
    return Tensor(Array(rows.joined()), shape: [rows.count, rows[0].count])
  }

  @Test(
    "the printed G and H attain the printed loss, for every tilting and loss",
    arguments: [(3, 4, 2, 1e2), (2, 2, 3, 1e8)])
  func attained(_ nu: Int, _ nv: Int, _ rank: Int, _ condition: Double) throws {
    let c = covariance(nu + nv, condition: condition, seed: 3)
    try save(c, "c.npy")
    let analysis = try PairCovariance(c, uDimension: nu).canonicalAnalysis()
    let losses: [(String, GaussianLoss)] = [
      ("two-sided", .twoSided), ("u-given-v", .uGivenV), ("v-given-u", .vGivenU), ("joint", .joint),
    ]
    for tilting in GaussianTilting.allCases {
      for (name, loss) in losses {
        let result = try theory(
          "--covariance c.npy --u-dim \(nu) --rank \(rank) --tilting \(tilting.rawValue) "
            + "--loss \(name) --json --quiet")
        #expect(result.status == 0 && result.error.isEmpty)
        let object = try result.json()
        let (g, h) = (try matrix(object["G"]), try matrix(object["H"]))
        #expect(g.shape == [rank, nu] && h.shape == [rank, nv])
        #expect(try matrix(object["A"]).shape == [nu, nv])
        let printed = try #require(object["lossAtOptimum"] as? Double)
        let value = try analysis.divergence(g: g, h: h, tilting: tilting, loss: loss).item()
        // The closed form itself is good to 1e-10 (`IllConditionedTests`); evaluated at G and H, J is a
        // difference of terms of size up to 1 / (1 − σ), here below the condition number, times 1e-16.
        #expect(abs(value - printed) < 1e-9 * printed + 1e-15 * condition)
        // The same computation in another process: libraries may sum in another order, which the blocks'
        // condition number amplifies.
        let tolerance = 1e-15 * condition
        let correlations = try #require(object["canonicalCorrelations"] as? [Double])
        #expect(zip(correlations, analysis.correlations).allSatisfy { abs($0 - $1) < tolerance })
        let spread = try #require(object["conditionalCovariance"] as? [String: Any])
        let marginal = try #require(object["marginalCovariance"] as? [String: Any])
        let exact = try analysis.optimum(rank: rank, tilting: tilting, loss: loss).model
        let joint = try exact.joint()
        for (printed, expected) in [
          (spread["u"], exact.u.covariance), (spread["v"], exact.v.covariance),
          (marginal["u"], joint.uu), (marginal["v"], joint.vv),
        ] {
          let difference = try (matrix(printed) - expected).abs().max().item()
          #expect(difference < 10 * tolerance * (1 + expected.abs().max().item()))
        }
      }
    }
  }

  @Test("weights of the sides, and a mutual information that both ways agree on")
  func weights() throws {
    try save(Tensor([1.5, 1, 1, 1.5], shape: [2, 2]), "c.npy")
    let options = "--covariance c.npy --u-dim 1 --tilting squared-distance --json"
    let unequal = try theory("\(options) --weights 1.5,0.5").json()
    let equal = try theory(options).json()
    let one = try theory("\(options) --loss u-given-v").json()
    let value = try #require(unequal["lossAtOptimum"] as? Double)
    #expect(one["lossAtOptimum"] as? Double == 0)
    let twoSided = try #require(equal["lossAtOptimum"] as? Double)
    #expect(value > 0 && value < twoSided)
    #expect(unequal["weights"] as? [Double] == [1.5, 0.5])
  }

  @Test("from samples: estimates with standard errors, and canonical correlations of unseen pairs")
  func samples() throws {
    let u = Tensor.normal([2000, 3], key: Key(5), dtype: .float64)
    let noise = Tensor.normal([2000, 2], key: Key(6), dtype: .float64)
    // v₁ = u₁ + noise: σ = 1/√2; v₂ is noise.
    let v = cat([u.narrow(dim: 1, 0..<1), .zeros([2000, 1], dtype: .float64)], dim: 1) + noise + 7
    try save(u.to(.float32), "u.npy")
    try save(v, "v.npy")
    let result = try theory("--u u.npy --v v.npy --rank 1 --json --seed 1")
    let object = try result.json()
    let correlations = try #require(object["canonicalCorrelations"] as? [Double])
    let errors = try #require(object["canonicalCorrelationErrors"] as? [Double])
    let heldOut = try #require(object["heldOut"] as? [String: Any])
    let unseen = try #require(heldOut["canonicalCorrelations"] as? [Double])
    let unseenErrors = try #require(heldOut["canonicalCorrelationErrors"] as? [Double])
    let sigma = 0.5.squareRoot()
    // Five standard errors: one in two million.
    #expect(abs(correlations[0] - sigma) < 5 * errors[0])
    #expect(abs(unseen[0] - sigma) < 5 * unseenErrors[0])
    #expect(abs(errors[0] - 0.5 / 2000.0.squareRoot()) < 0.1 * errors[0])
    let mean = try #require(object["mean"] as? [String: Any])
    let second = try #require((mean["v"] as? [Double])?[1])
    #expect(abs(second - 7) < 5 / 2000.0.squareRoot())
    #expect(try theory("--u u.npy --v v.npy --rank 1 --json --seed 1").output == result.output)
    let text = try theory("--u u.npy --v v.npy")
    #expect(text.output.contains("u 3, v 2, 2000 pairs"))
    #expect(text.output.contains("on held-out pairs"))
  }

  @Test("nothing is regularised unasked, and what was done is said")
  func regularisation() throws {
    // u = (x, x): C_uu has rank one.
    try save(Tensor([1.0, 1, 0.5, 1, 1, 0.5, 0.5, 0.5, 1], shape: [3, 3]), "c.npy")
    let options = "--covariance c.npy --u-dim 2"
    let refused = try theory(options)
    #expect(refused.status == 1)
    #expect(
      refused.error.hasSuffix(
        "c.npy — give --truncate or --shrinkage, or remove redundant coordinates\n"))
    let truncated = try theory("\(options) --truncate 1e-10 --json").json()
    #expect((truncated["canonicalCorrelations"] as? [Double])?.count == 1)
    #expect(try theory("\(options) --shrinkage 0.1").status == 0)
  }

  /// 120,000 × 120,000 numbers would be 115 GB: it is refused from the shapes, whatever is asked for.
  @Test("more coordinates than pairs are refused before the work")
  func wide() throws {
    try save(.normal([30, 60_000], key: Key(1)), "wide.npy")
    for (options, words) in [
      ("", "30 pairs determine no covariance of 120000 coordinates"),
      (" --shrinkage 0", "30 pairs determine no covariance of 120000 coordinates"),
      (" --shrinkage auto", "do not fit in memory, wide.npy, wide.npy — pass at most"),
    ] {
      let result = try theory("--u wide.npy --v wide.npy\(options)")
      #expect(result.status == 1 && result.error.contains(words), "\(result.error)")
      #expect(!result.error.contains("give --shrinkage"))
    }
  }

  /// 0.1 and 10⁸ + 0.1 have no exact mean, so that rounding would take the place of a variance of 0. What is advised
  /// works: without the column, the answer is that of the others.
  @Test("a constant column is named, and leaving it out helps", arguments: [0.0, 0.1, 1e8 + 0.1])
  func constantColumn(_ value: Double) throws {
    let (u, v) = (
      Tensor.normal([50, 3], key: Key(1), dtype: .float64),
      Tensor.normal([50, 2], key: Key(2), dtype: .float64)
    )
    let still = Tensor.full([50, 1], value, dtype: .float64)
    let columns = (0..<3).map { u.narrow(dim: 1, $0..<$0 + 1) }
    try save(cat([columns[0], columns[1], still, columns[2]], dim: 1), "still.npy")
    try save(cat([still, v, still], dim: 1), "stills.npy")
    try save(u, "u.npy")
    try save(v, "v.npy")
    for shrinkage in ["0", "0.1", "auto"] {
      let options = "--shrinkage \(shrinkage) --json"
      let one = try theory("--u still.npy --v v.npy \(options)")
      #expect(one.status == 1)
      #expect(
        one.error == "couplet: error: column 2 of u is \(value) in every row, still.npy — "
          + "leave out columns that do not vary, or give --truncate 1e-9\n")
      let two = try theory("--u u.npy --v stills.npy \(options)")
      #expect(two.error.contains("column 0 of v is \(value) in every row, and 1 more are constant"))
      let without = try theory("--u u.npy --v v.npy \(options)").json()
      let truncated = try theory("--u still.npy --v stills.npy \(options) --truncate 1e-9").json()
      let found = try [without, truncated].map {
        try #require($0["canonicalCorrelations"] as? [Double])
      }
      // Rounding of a well-conditioned analysis.
      #expect(zip(found[0], found[1]).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)")
    }
  }

  @Test("one clear line for every wrong input")
  func wrongInput() throws {
    try save(Tensor([1, 0.5, 0.5, 1.0], shape: [2, 2]), "c.npy")
    try save(Tensor([1, 0.5, 0.2, 1.0], shape: [2, 2]), "asymmetric.npy")
    try save(Tensor([1, 1.5, 1.5, 1.0], shape: [2, 2]), "indefinite.npy")
    try save(Tensor([1, .nan, .nan, 1.0], shape: [2, 2]), "nan.npy")
    try save(Tensor([1, 0.5, 0.5], shape: [1, 3]), "flat.npy")
    try save(Tensor([1, 0, 0.5, 0, 0, 0, 0.5, 0, 1], shape: [3, 3]), "still.npy")
    try save(.ones([5, 2]), "constant.npy")
    try save(.normal([4, 2], key: Key(1)), "four.npy")
    for (options, status, words) in [
      ("", 64, "there is no input"), ("--u c.npy", 64, "--u and --v go together"),
      ("--covariance c.npy", 64, "--covariance needs --u-dim"),
      ("--covariance c.npy --u-dim 2", 64, "2 of 2 coordinates leave none for v"),
      ("--covariance c.npy --u-dim 0", 64, "'0' is not a whole number"),
      ("--covariance c.npy --u-dim 1 --rank 0", 64, "'0' is not a whole number"),
      ("--covariance c.npy --u-dim 1 --rank 999999999999", 64, "are too large"),
      ("--covariance c.npy --u-dim 1 --tilting cosine", 64, "is none of"),
      ("--covariance c.npy --u-dim 1 --weights 0,0", 64, "both weights are 0"),
      ("--covariance c.npy --u-dim 1 --weights 1,1 --loss joint", 64, "not to 'joint'"),
      ("--covariance c.npy --u-dim 1 --shrinkage auto", 64, "auto needs samples"),
      ("--covariance c.npy --u-dim 1 --truncate 1", 64, "leaves nothing"),
      ("--covariance c.npy --u-dim 1 --held-out 0.2", 64, "--held-out is for samples"),
      ("--covariance c.npy --u-dim 1 --missing drop", 64, "--missing is for samples"),
      ("--covariance none.npy --u-dim 1", 1, "none.npy"),
      ("--covariance asymmetric.npy --u-dim 1", 1, "not symmetric: entries [0, 1] and [1, 0]"),
      ("--covariance indefinite.npy --u-dim 1", 1, "smallest eigenvalue is -0.5"),
      ("--covariance nan.npy --u-dim 1", 1, "nan.npy (index [0, 1])"),
      ("--covariance flat.npy --u-dim 1", 1, "a square matrix"),
      ("--u four.npy --v constant.npy", 1, "4 samples of u, but 5 of v"),
      ("--u constant.npy --v constant.npy", 1, "constant.npy — pass data that vary"),
      ("--u four.npy --v four.npy", 1, "4 pairs determine no covariance of 4 coordinates"),
      ("--u four.npy --v four.npy", 1, "give --shrinkage auto"),
      (
        "--covariance still.npy --u-dim 2", 1,
        "coordinate 1 does not vary, still.npy (index [1, 1])"
      ),
      ("--covariance still.npy --u-dim 2 --shrinkage 0.1", 1, "leave its row and column out"),
    ] {
      let result = try theory(options)
      #expect(result.status == Int32(status), "\(options): \(result.error)")
      #expect(result.output.isEmpty && result.error.contains(words), "\(options): \(result.error)")
      #expect(result.error.filter(\.isNewline).count == 1, "\(options)")
    }
  }
}
