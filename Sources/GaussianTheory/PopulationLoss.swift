import Files
import Torch

extension CanonicalAnalysis {
  /// J, the expected KL divergence of a loss for any linear encoders G (r × n_u) and H (r × n_v), as a
  /// scalar tensor in nats that can be differentiated with respect to them.
  ///
  /// With C_uu = F_u F_uᵀ, C_vv = F_v F_vᵀ, K = F_u⁻¹ C_uv F_v⁻ᵀ, G̃ = G F_u, H̃ = H F_v, S = G̃ G̃ᵀ, T = H̃ H̃ᵀ
  /// and I the mutual information (MATH.md §4.1, and KL of Gaussians):
  ///
  /// * inner product, either side: ½ |G̃ᵀH̃ − K|² + I − ½ |K|²;
  /// * inner product, joint: −tr(G̃ K H̃ᵀ) − ½ log det(I − G̃ᵀ H̃ H̃ᵀ G̃) + I;
  /// * squared distance, u given v:
  ///   ½ [tr S + tr((I + S)⁻¹ S T) − 2 tr(G̃ K H̃ᵀ) − log det(I + S)] + I; v given u exchanges S and T;
  /// * squared distance, joint: ½ [tr S + tr T − 2 tr(G̃ K H̃ᵀ) − log det(I + S + T)] + I.
  ///
  /// Parts of G and H along directions in which u is uncorrelated with v count too.
  /// - Throws: `Failure` when the joint model of the inner product cannot be normalised.
  public func divergence(
    g: Tensor, h: Tensor, tilting: GaussianTilting, loss: GaussianLoss
  ) throws -> Tensor {
    require(
      g.shape == [h.shape[0], covariance.uDimension] && h.shape[1] == covariance.vDimension,
      "divergence: G \(g.shape), H \(h.shape) for dimensions "
        + "\(covariance.uDimension) and \(covariance.vDimension)")
    // G C_uu Gᵀ itself would lose as many digits as C_uu has in its condition number; G̃ G̃ᵀ half as many.
    let (gw, hw) = whitenedEncoders(g: g, h: h)
    let (s, t) = (matmul(gw, gw.T), matmul(hw, hw.T))
    let match = (matmul(gw, correlation) * hw).sum()
    let one = Tensor.eye(g.shape[0], dtype: .float64)
    switch (tilting, loss) {
    case (.innerProduct, .conditional):
      let misfit = (matmul(s, t).diagonal().sum()) * 0.5 - match
      return (misfit + mutualInformation) * loss.informationWeight
    case (.innerProduct, .joint):
      try withoutGradients { try requireNormalisable(s, t) }
      return -match + mutualInformation - (one - matmul(s, t)).logDeterminant().logAbsolute * 0.5
    case (.squaredDistance, .joint):
      let traces = s.diagonal().sum() + t.diagonal().sum()
      return (traces - match * 2 - (one + s + t).logDeterminant().logAbsolute) * 0.5
        + mutualInformation
    case (.squaredDistance, .conditional(let weights)):
      func side(_ own: Tensor, _ other: Tensor) throws -> Tensor {
        let fit = try (one + own).solve(matmul(own, other)).diagonal().sum()
        let spread = own.diagonal().sum() - (one + own).logDeterminant().logAbsolute
        return (spread + fit - match * 2) * 0.5 + mutualInformation
      }
      return try side(s, t) * (weights.uGivenV / 2) + side(t, s) * (weights.vGivenU / 2)
    }
  }

  /// The population loss of MATH.md §2 at G and H: `divergence` less the mutual information times the
  /// loss's weight of it. This is what training minimises, up to sampling error.
  /// - Throws: `Failure` when the joint model of the inner product cannot be normalised.
  public func populationLoss(
    g: Tensor, h: Tensor, tilting: GaussianTilting, loss: GaussianLoss
  ) throws -> Tensor {
    try divergence(g: g, h: h, tilting: tilting, loss: loss)
      - loss.informationWeight * mutualInformation
  }
}
