/// The sums that the normalisers of a coupling are made of, as logarithms, for a matrix of scores S:
///
///     rows_i = log Σ_j exp S_ij,   columns_j = log Σ_i exp S_ij,   all = log Σ_ij exp S_ij.
///
/// Always by the largest entry (log-sum-exp): exp S overflows float32 from S = 89 on.
public struct LogSumExps {
  /// Which of them are wanted.
  public struct Request: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let rows = Request(rawValue: 1)
    public static let columns = Request(rawValue: 2)
    /// Over all entries.
    public static let all = Request(rawValue: 4)
    /// Over all entries that are not on the diagonal.
    public static let offDiagonal = Request(rawValue: 8)
  }

  public var rows: Tensor?
  public var columns: Tensor?
  public var all: Tensor?
  public var offDiagonal: Tensor?

  /// By the stored matrix: the plain formula, differentiable, memory O(N M).
  public static func plain(_ factors: ScoreFactors, _ request: Request) -> LogSumExps {
    let s = factors.matrix
    var sums = LogSumExps()
    if request.contains(.rows) { sums.rows = s.logSumExp(dim: 1) }
    if request.contains(.columns) { sums.columns = s.logSumExp(dim: 0) }
    if request.contains(.all) { sums.all = s.logSumExp() }
    if request.contains(.offDiagonal) {
      let diagonal = Tensor.eye(factors.rows, dtype: .bool)
      sums.offDiagonal = s.masked(diagonal, with: -.infinity).logSumExp()
    }
    return sums
  }
}
