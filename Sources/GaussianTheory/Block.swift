import Files
import Torch

/// What to do with directions in which u or v hardly varies.
public enum Truncation: Equatable, Sendable {
  /// Keep all; a numerically singular block is refused.
  case none
  /// Leave out the eigenvectors of the block, scaled to unit variances, whose eigenvalue is below
  /// this part of the largest. Encoders do not see those directions.
  case below(Double)
}

/// One modality's covariance block in coordinates fit for computing: scaled by powers of two so that
/// all variances are near 1 (exact, and canonical correlations do not depend on it), and restricted
/// to the leading eigenvectors when that was asked for.
struct Block {
  /// The covariance in the new coordinates, k × k.
  let covariance: Tensor
  /// The ratio of the extreme eigenvalues of the scaled block, before truncation.
  let conditionNumber: Double
  /// The smallest eigenvalue of the scaled block, and the size below which it means zero.
  let smallest: Double, resolution: Double
  /// n factors 2^e of the scaling, and the n × k eigenvectors kept (nil: all coordinates).
  private let scale: Tensor
  private let basis: Tensor?

  init(_ covariance: Tensor, truncation: Truncation) throws {
    let scales = covariance.diagonal().array(Double.self).map { variance in
      // √variance to the nearest power of two below; a constant coordinate keeps its scale.
      variance > 0
        ? Double(
          sign: .plus, exponent: -Int((Double(variance.exponent) / 2).rounded()), significand: 1)
        : 1
    }
    scale = Tensor(scales)
    let scaled = covariance * scale.unsqueezed(0) * scale.unsqueezed(1)
    let n = Double(scales.count)
    switch truncation {
    case .none:
      let values = try scaled.eigenvalues().array(Double.self)
      (smallest, resolution) = (values[0], n * values[values.count - 1] * Double.ulpOfOne)
      conditionNumber = values[values.count - 1] / Swift.max(values[0], 0)
      basis = nil
      self.covariance = scaled
    case .below(let threshold):
      guard threshold > 0, threshold < 1 else {
        throw Failure(
          "truncation below \(threshold)", at: .setting("truncation"),
          remedy: "give a ratio between 0 and 1")
      }
      let (spectrum, vectors) = try scaled.eigh()
      let values = spectrum.array(Double.self)
      let largest = values[values.count - 1]
      (smallest, resolution) = (values[0], n * largest * Double.ulpOfOne)
      conditionNumber = largest / Swift.max(values[0], 0)
      guard let first = values.firstIndex(where: { $0 > threshold * largest }) else {
        throw Failure("the block is zero", at: .input("covariance"), remedy: "pass data that vary")
      }
      let kept = vectors.narrow(dim: 1, first..<values.count).contiguous()
      basis = kept
      self.covariance = matmul(kept.T, matmul(scaled, kept))
    }
  }

  /// Rows of a matrix over the original coordinates (n × m) in the new ones (k × m).
  func reduced(_ matrix: Tensor) -> Tensor {
    let scaled = matrix * scale.unsqueezed(1)
    return basis.map { matmul($0.T, scaled) } ?? scaled
  }

  /// Functionals of the new coordinates (m × k) as functionals of the original ones (m × n).
  func pulledBack(_ functionals: Tensor) -> Tensor {
    (basis.map { matmul(functionals, $0.T) } ?? functionals) * scale.unsqueezed(0)
  }

  /// Functionals of the original coordinates (m × n) as functionals of the new ones (m × k).
  func pushedForward(_ functionals: Tensor) -> Tensor {
    let scaled = functionals / scale.unsqueezed(0)
    return basis.map { matmul(scaled, $0) } ?? scaled
  }

  /// Vectors in the new coordinates (columns, k × m) as vectors in the original ones (n × m).
  func lifted(_ vectors: Tensor) -> Tensor {
    (basis.map { matmul($0, vectors) } ?? vectors) / scale.unsqueezed(1)
  }
}
