import Files
import Foundation
import Torch

/// The singular value decomposition of the whitened cross-covariance, on which all of the Gaussian
/// theory rests:
///
///     K = C_uu^{−1/2} C_uv C_vv^{−1/2} = P Σ Qᵀ,   Σ = diag(σ_1 ≥ σ_2 ≥ …),  0 ≤ σ_i < 1.
///
/// The coordinates x = Pᵀ C_uu^{−1/2} (u − m_u) and y = Qᵀ C_vv^{−1/2} (v − m_v) are uncorrelated with
/// unit variance, and x_i is correlated with y_i only, by σ_i: every statement about the pair is one
/// about independent pairs of scalars, the *modes*.
///
/// Accuracy. σ changes by about κ·ε for a relative change ε of C, κ being the condition number of the
/// blocks: in plain double precision half the digits are gone at κ = 1e8. When κ or 1 / (1 − σ_1) is
/// above 1e4 the analysis is therefore refined by residuals in extended precision: it is then that of
/// the matrix as given, to about 1e-20·κ in 1 − σ, while κ stays below 1e13.
public struct CanonicalAnalysis {
  /// The canonical correlations σ_i in descending order, k = min(n_u, n_v) of them (fewer when
  /// directions were left out on request).
  public var correlations: [Double] { modes.map(\.sigma) }
  /// x_i = directionsU[i] · (u − m_u): rows of Pᵀ C_uu^{−1/2}, k × n_u; and those of v, k × n_v.
  public let directionsU: Tensor, directionsV: Tensor
  /// Cov(u, x_i) in column i: C_uu^{1/2} P, n_u × k; and that of v, n_v × k.
  public let loadingsU: Tensor, loadingsV: Tensor
  /// The condition numbers of C_uu and C_vv scaled to variances near 1: what the accuracy depends on.
  public let conditionNumberU: Double, conditionNumberV: Double
  /// What was analysed.
  public let covariance: PairCovariance
  /// Each mode's σ and 1 − σ.
  public let modes: [CanonicalMode]
  /// F_u⁻¹ C_uv F_v⁻ᵀ for the whitenings F_u and F_v that were used.
  let correlation: Tensor
  private let blockU: Block, blockV: Block
  private let whiteningU: Whitening, whiteningV: Whitening

  /// I(u; v) = −½ Σ log(1 − σ_i²), in nats.
  public var mutualInformation: Double { modes.reduce(0) { $0 + $1.information } }

  init(_ covariance: PairCovariance, truncation: Truncation) throws {
    let u = try Block(covariance.uu, truncation: truncation)
    let v = try Block(covariance.vv, truncation: truncation)
    for (block, name) in [(u, "C_uu"), (v, "C_vv")]
    where block.smallest < -block.resolution
      || (truncation == .none && block.smallest <= block.resolution)
    {
      throw try Self.refusal(covariance, name, block.conditionNumber)
    }
    let cross = v.reduced(u.reduced(covariance.uv).T).T.contiguous()
    // Without truncation the blocks' condition numbers count; with it, those of what is left do.
    var refined = truncation == .none && max(u.conditionNumber, v.conditionNumber) > 1e4
    var result = try Self.decompose(u, v, cross, refined: refined)
    if !refined, truncation == .none, (result.modes.first?.complement ?? 1) < 1e-4 {
      refined = true
      result = try Self.decompose(u, v, cross, refined: true)
    }
    let dimension = Double(covariance.uDimension + covariance.vDimension)
    if let first = result.modes.first, first.complement <= dimension * Double.ulpOfOne {
      throw try Self.refusal(covariance, "C", 1 / max(first.complement, 0))
    }
    self.covariance = covariance
    (modes, conditionNumberU, conditionNumberV) = (
      result.modes, u.conditionNumber, v.conditionNumber
    )
    correlation = result.k
    (blockU, blockV, whiteningU, whiteningV) = (u, v, result.u, result.v)
    directionsU = u.pulledBack(result.u.functionals(result.p.T))
    directionsV = v.pulledBack(result.v.functionals(result.q.T))
    loadingsU = u.lifted(result.u.unwhitened(result.p))
    loadingsV = v.lifted(result.v.unwhitened(result.q))
  }

  private static func decompose(_ u: Block, _ v: Block, _ cross: Tensor, refined: Bool) throws -> (
    u: Whitening, v: Whitening, k: Tensor, p: Tensor, q: Tensor, modes: [CanonicalMode]
  ) {
    let whiteningU = try Whitening(u.covariance, refined: refined)
    let whiteningV = try Whitening(v.covariance, refined: refined)
    let k = Whitening.correlation(cross, whiteningU, whiteningV)
    let (p, s, qh) = try k.high.svd()
    let (pc, q) = (p.contiguous(), qh.T.contiguous())
    let modes = CanonicalMode.modes(
      s.array(Double.self), p: pc, q: q, k: k.high, low: k.low, refined: refined)
    return (whiteningU, whiteningV, k.high, pc, q, modes)
  }

  /// G F_u and H F_v: encoders as functions of whitened coordinates, r × k.
  func whitenedEncoders(g: Tensor, h: Tensor) -> (g: Tensor, h: Tensor) {
    (
      whiteningU.overWhitened(blockU.pushedForward(g)),
      whiteningV.overWhitened(blockV.pushedForward(h))
    )
  }

  /// The failure that says why a covariance cannot be analysed.
  private static func refusal(
    _ covariance: PairCovariance, _ name: String, _ conditionNumber: Double
  ) throws -> Failure {
    let spectrum = try covariance.joint.eigenvalues().array(Double.self)
    let (smallest, largest) = (spectrum[0], spectrum[spectrum.count - 1])
    if smallest < -Double(spectrum.count) * Double.ulpOfOne * largest {
      return Failure(
        "the matrix is not positive semidefinite: its smallest eigenvalue is "
          + String(format: "%.4g", smallest),
        at: .input("covariance"), remedy: "pass a covariance, or shrink it")
    }
    let variances = covariance.joint.diagonal().array(Double.self)
    if let constant = variances.firstIndex(of: 0) {
      return Failure(
        "coordinate \(constant) does not vary",
        at: .input("covariance", index: [constant, constant]),
        remedy: "leave its row and column out, or give `truncate` 1e-9")
    }
    let what =
      name == "C"
      ? "u and v together are numerically singular: a canonical correlation is 1 to rounding, "
        + "and the mutual information infinite"
      : "\(name) is numerically singular (condition number "
        + String(format: "%.1e", conditionNumber) + " after scaling to unit variances)"
    return Failure(
      what, at: .input("covariance"),
      remedy: "give `truncate` or `shrinkage`, or remove redundant coordinates")
  }
}

extension PairCovariance {
  /// The canonical analysis of the pair; see `CanonicalAnalysis`.
  ///
  /// Cost at n_u = n_v = n: about 30 n³ operations, most of them in one singular value decomposition.
  /// - Throws: `Failure` when C is not positive semidefinite (naming its smallest eigenvalue) or
  ///   numerically singular (naming the condition number) and no truncation was asked for. Nothing is
  ///   truncated or regularised unasked.
  public func canonicalAnalysis(truncation: Truncation = .none) throws -> CanonicalAnalysis {
    try CanonicalAnalysis(self, truncation: truncation)
  }
}
