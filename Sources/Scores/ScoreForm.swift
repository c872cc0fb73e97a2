import CScores
import Torch

/// What a tilting is, apart from its temperature: how embeddings become the parts of a score,
///
///     S_ij = (⟨x(u_i), y(v_j)⟩ + α(u_i) + β(v_j)) / τ.
///
/// ```swift
/// // The cosine, for which the sums of scores have a kernel of their own:
/// ScoreForm(fused: .cosine) { (Cosine.normalized($0), nil) }
/// ```
public struct ScoreForm {
  /// From rows (N × d) to their factors (N × k) and what they add to a score (N; nil for 0), row by row.
  public typealias Map = (Tensor) -> (factors: Tensor, bias: Tensor?)

  let left, right: Map
  let fused: FusedForm?

  /// - Parameters:
  ///   - fused: the kernel that computes the same from the embeddings themselves; without one, the factors are formed
  ///     first, and everything works the same, somewhat slower.
  ///   - map: x and α, and y and β unless they have a map of their own.
  public init(fused: FusedForm? = nil, right: Map? = nil, _ map: @escaping Map) {
    (left, self.right, self.fused) = (map, right ?? map, fused)
  }

  /// ⟨u, v⟩.
  public static var innerProduct: ScoreForm { ScoreForm(fused: .innerProduct) { ($0, nil) } }

  var transposed: ScoreForm { ScoreForm(fused: fused, right: left, right) }
}
