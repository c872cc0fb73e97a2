import CTorch
import Files

/// The matrix product; leading axes are batches.
///
/// ```swift
/// matmul(Tensor([1.0, 2], shape: [1, 2]), Tensor([3.0, 4], shape: [2, 1])).item()  // 11.0
/// ```
public func matmul(_ left: Tensor, _ right: Tensor) -> Tensor {
  tensor("matmul", [left, right]) { ct_matmul($0, left.raw, right.raw) }
}

extension Tensor {
  /// The matrix product self · other; leading axes are batches.
  public func matmul(_ other: Tensor) -> Tensor { Torch.matmul(self, other) }

  /// Eigenvalues in ascending order and orthonormal eigenvectors (columns) of a symmetric matrix, of
  /// which the lower triangle is read.
  /// - Throws: `Failure` when the matrix holds NaN or infinite values.
  public func eigh() throws -> (values: Tensor, vectors: Tensor) {
    try decomposition("eigh") { ct_eigh($0, $1, raw) }
  }

  /// Eigenvalues of a symmetric matrix in ascending order.
  /// - Throws: `Failure` when the matrix holds NaN or infinite values.
  public func eigenvalues() throws -> Tensor {
    var out: ct_tensor?
    try converged(ct_eigvalsh(&out, raw), "eigenvalues")
    return Tensor(owning: out)
  }

  /// A = u · diag(s) · vh with s descending; u and vh with all columns and rows when `fullMatrices`.
  /// - Throws: `Failure` when the matrix holds NaN or infinite values.
  public func svd(fullMatrices: Bool = false) throws -> (u: Tensor, s: Tensor, vh: Tensor) {
    var (u, s, vh): (ct_tensor?, ct_tensor?, ct_tensor?)
    try converged(ct_svd(&u, &s, &vh, raw, fullMatrices), "svd")
    return (Tensor(owning: u), Tensor(owning: s), Tensor(owning: vh))
  }

  /// The lower triangular L with L Lᵀ = A, of which the lower triangle is read.
  /// - Throws: `Failure` naming the leading minor that is not positive, when A is not positive definite.
  public func cholesky() throws -> Tensor {
    var out: ct_tensor?
    var order: Int64 = 0
    check(ct_cholesky(&out, &order, raw), "cholesky", [self])
    let factor = Tensor(owning: out)
    guard order == 0 else {
      throw Failure(
        "the matrix is not positive definite (its leading minor of order \(order) is not positive)",
        remedy: "add a small multiple of the identity, or remove dependent columns")
    }
    return factor
  }

  /// A = q · r with orthonormal columns q and upper triangular r.
  public func qr() -> (q: Tensor, r: Tensor) { tensors("qr", [self]) { ct_qr($0, $1, raw) } }

  /// X with self · X = right.
  /// - Throws: `Failure` when the matrix is singular or the solution is not finite.
  public func solve(_ right: Tensor) throws -> Tensor {
    var out: ct_tensor?
    try converged(ct_solve(&out, raw, right.raw), "solve")
    return Tensor(owning: out)
  }

  /// X with self · X = right (or X · self = right when not `onLeft`), for a triangular matrix.
  public func solveTriangular(_ right: Tensor, upper: Bool, onLeft: Bool = true) -> Tensor {
    tensor("solveTriangular", [self, right]) {
      ct_solve_triangular($0, raw, right.raw, upper, onLeft)
    }
  }

  /// The sign of the determinant and the logarithm of its absolute value.
  public func logDeterminant() -> (sign: Tensor, logAbsolute: Tensor) {
    tensors("logDeterminant", [self]) { ct_log_determinant($0, $1, raw) }
  }

  private func decomposition(
    _ name: StaticString,
    _ call: (UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>) -> ct_status
  ) throws -> (Tensor, Tensor) {
    var (first, second): (ct_tensor?, ct_tensor?)
    try converged(call(&first, &second), name)
    return (Tensor(owning: first), Tensor(owning: second))
  }

  /// Throws when the values are at fault (NaN, infinite, singular), traps when the shapes are.
  private func converged(_ status: ct_status, _ name: StaticString) throws {
    guard status == CT_NUMERICAL else { return check(status, name, [self]) }
    throw Failure(
      "\(name) of a matrix of shape \(shape) failed: \(lastError())",
      remedy: "look for NaN, infinite or linearly dependent columns")
  }
}
