import Foundation
import Torch

/// The normal scores of samples: each coordinate of each sample by its rank r among the N, Φ⁻¹((r − ½)/N), equal values by
/// their mean rank.
///
/// A monotone map of a coordinate leaves I(u; v) as it is, and no tail is heavy afterwards. N log N a coordinate.
///
/// ```swift
/// NormalScores.of(Tensor([[1.0], [1e9], [-5.0]]))   // 0, 0.967, −0.967
/// ```
public enum NormalScores {
  /// N × d ↦ N × d, float64.
  public static func of(_ samples: Tensor) -> Tensor {
    let (count, width) = (samples.shape[0], samples.shape[1])
    guard count > 0, width > 0 else { return samples.to(.float64) }
    let (values, order) = samples.to(.float64).T.sorted(dim: 1)
    let (sorted, places) = (values.array(Double.self), order.array(Int.self))
    var ranks = [Double](repeating: 0, count: count * width)
    for column in 0..<width {
      let start = column * count
      var first = 0
      while first < count {
        var end = first + 1
        while end < count, sorted[start + end] == sorted[start + first] { end += 1 }
        // Ranks first + 1 … end, less ½, on the average.
        for place in first..<end {
          ranks[start + places[start + place]] = Double(first + end) / 2
        }
        first = end
      }
    }
    let levels = Tensor(ranks, shape: [width, count]) / Double(count)
    return ((levels * 2 - 1).erfinv() * 2.0.squareRoot()).T.clone()
  }
}
