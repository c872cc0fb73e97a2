import Files

/// A Gaussian law by its spectrum: u = m + Σ_j √λ_j z_j ψ_j with independent standard normals z and orthonormal ψ, the law of a
/// field in n points by r ≤ n of its modes. Nothing n × n is ever formed.
///
/// ```swift
/// let law = try GaussianSpectrum(eigenvalues: decay, basis: modes, mean: nil)   // r, and n × r
/// ReferenceDensity.spectrum(law)
/// ```
public struct GaussianSpectrum {
  /// m, n.
  public let mean: Tensor
  /// √λ, r.
  public let deviations: Tensor
  /// ψ_j in its columns, n × r; nil for the coordinates themselves.
  public let basis: Tensor?

  /// - Parameters:
  ///   - eigenvalues: λ, r.
  ///   - basis: n × r with orthonormal columns; without it u_j itself has the variance λ_j, as the coefficients of a stationary
  ///     field have.
  ///   - mean: n; 0 when nil.
  /// - Throws: `Failure` when shapes do not fit, an eigenvalue is not above 0, or columns are not orthonormal.
  public init(eigenvalues: Tensor, basis: Tensor? = nil, mean: Tensor? = nil) throws {
    let r = eigenvalues.count
    let n = basis?.shape.first ?? r
    guard eigenvalues.rank == 1, r > 0, basis == nil || basis?.shape == [n, r],
      mean == nil || mean?.shape == [n]
    else {
      throw Failure(
        "eigenvalues \(eigenvalues.shape)"
          + (basis.map { ", a basis \($0.shape)" } ?? "")
          + (mean.map { ", a mean \($0.shape)" } ?? "")
          + " make no spectrum", remedy: "give r eigenvalues, an n × r basis and n means")
    }
    let values = eigenvalues.to(.float64)
    guard values.allFinite(), values.min().item() > 0, mean?.allFinite() ?? true else {
      throw Failure(
        "an eigenvalue is not above 0, or a number not finite",
        remedy: "leave out modes without variance")
    }
    self.mean = mean?.to(.float64) ?? .zeros([n], dtype: .float64)
    deviations = values.sqrt()
    self.basis = basis?.to(.float64)
    guard let modes = self.basis else { return }
    // ψᵀψ on some vectors: equal to them for orthonormal columns, and almost surely for no others.
    let probes = Tensor.normal([r, 4], key: Key(0), dtype: .float64)
    let error = (matmul(modes.T, matmul(modes, probes)) - probes).abs().max().item()
    // Files in single precision are orthonormal to about 1e-7 √r.
    guard error < 1e-4 else {
      throw Failure(
        "the columns of the basis are not orthonormal",
        remedy: "give each the length 1, at right angles")
    }
  }

  /// n.
  public var dimension: Int { mean.count }
  /// r.
  public var rank: Int { deviations.count }

  /// u of z, N × r ↦ N × n, differentiable.
  func point(_ z: Tensor) -> Tensor {
    let scaled = z * deviations
    return (basis.map { matmul(scaled, $0.T) } ?? scaled) + mean
  }

  /// z of u, what its modes say, N × n ↦ N × r.
  func coordinates(_ u: Tensor) -> Tensor {
    let apart = u - mean
    return (basis.map { matmul(apart, $0) } ?? apart) / deviations
  }
}
