import Files
import Torch

/// A matrix of numbers that are a function of two rows together and not of their product, which is added to scores
/// (MATH §14):
///
///     C_ij = f(l_i + r_j).
///
/// A network on two vectors joined is one: its first layer is linear, so that its values at all pairs are sums of the parts
/// l_i and r_j that either side makes.
///
/// One evaluation of f a number; 8,192 of them at a time. What is made `withoutGradients` is evaluated without, wherever that is
/// asked for: the operations of all pairs would not fit in memory.
///
/// ```swift
/// JoinedScores(left: l, right: r) { ($0.square()).sum(dim: 1) }.matrix   // |l_i + r_j|²
/// ```
public struct JoinedScores {
  private enum Content {
    case function(left: Tensor, right: Tensor, head: (Tensor) -> Tensor)
    case stored(Tensor)
  }
  private let content: Content
  /// The type in which f is evaluated.
  let origin: DType

  /// At most so many pairs are evaluated at once.
  static let chunk = 1 << 13
  /// Up to so many numbers are stored by `evaluated`: 512 MB in double precision.
  static let mostStored = 1 << 26

  /// - Parameters:
  ///   - left: l, N × w.
  ///   - right: r, M × w.
  ///   - head: f, from n × w to n.
  public init(left: Tensor, right: Tensor, head: @escaping (Tensor) -> Tensor) {
    require(
      left.rank == 2 && right.rank == 2 && left.shape[1] == right.shape[1],
      "JoinedScores: the parts are \(left.shape) and \(right.shape)")
    let isRecorded = areGradientsRecorded
    content = .function(left: left, right: right) { sums in
      isRecorded ? head(sums) : withoutGradients { head(sums) }
    }
    origin = left.dtype
  }

  private init(stored matrix: Tensor, origin: DType) {
    (content, self.origin) = (.stored(matrix), origin)
  }

  /// N.
  var rows: Int {
    switch content {
    case .function(let left, _, _): left.shape[0]
    case .stored(let matrix): matrix.shape[0]
    }
  }

  /// M.
  var columns: Int {
    switch content {
    case .function(_, let right, _): right.shape[0]
    case .stored(let matrix): matrix.shape[1]
    }
  }

  // MARK: Values

  /// C, N × M.
  public var matrix: Tensor {
    switch content {
    case .stored(let matrix): return matrix
    case .function(let left, let right, let head):
      guard rows > 0, columns > 0 else { return .zeros([rows, columns], like: left) }
      let width = min(columns, JoinedScores.chunk)
      let height = max(1, JoinedScores.chunk / width)
      let parts = ranges(rows, of: height).map { i in
        let row = ranges(columns, of: width).map { j in
          let sums = left[i].unsqueezed(1) + right[j]
          return head(sums.reshaped([i.count * j.count, -1])).reshaped([i.count, j.count])
        }
        return row.count == 1 ? row[0] : cat(row, dim: 1)
      }
      return parts.count == 1 ? parts[0] : cat(parts)
    }
  }

  /// The squares of C in which rows and columns have one range, evaluated together: few pairs each, whose layers one by one
  /// would be too small to be fast.
  func blocks(_ squares: [Range<Int>]) -> [JoinedScores] {
    switch content {
    case .stored:
      return squares.map { rows($0).columns($0) }
    case .function(let left, let right, let head):
      let sums = cat(
        squares.map {
          (left[$0].unsqueezed(1) + right[$0]).reshaped([$0.count * $0.count, left.shape[1]])
        })
      let values = cat(ranges(sums.shape[0], of: JoinedScores.chunk).map { head(sums[$0]) })
      var first = 0
      return squares.map {
        let size = $0.count * $0.count
        defer { first += size }
        return JoinedScores(
          stored: values[first..<first + size].reshaped([$0.count, $0.count]), origin: origin)
      }
    }
  }

  /// C at pairs, row rows[k] with column columns[k].
  func values(rows: Range<Int>, columns: Range<Int>) -> Tensor {
    switch content {
    case .stored(let matrix):
      return matrix.narrow(dim: 0, rows).narrow(dim: 1, columns).diagonal()
    case .function(let left, let right, let head):
      let sums = left[rows] + right[columns]
      guard sums.shape[0] > 0 else { return .zeros([0], like: left) }
      return cat(ranges(sums.shape[0], of: JoinedScores.chunk).map { head(sums[$0]) })
    }
  }

  private func ranges(_ count: Int, of size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// The same numbers in a precision, evaluated once and stored where they are not too many: for walks that take
  /// them several times.
  func evaluated(_ dtype: DType?) -> JoinedScores {
    switch content {
    case .stored(let matrix):
      return JoinedScores(stored: dtype.map { matrix.to($0) } ?? matrix, origin: origin)
    case .function:
      guard rows * columns <= JoinedScores.mostStored else { return self }
      let matrix = matrix
      return JoinedScores(stored: dtype.map { matrix.to($0) } ?? matrix, origin: origin)
    }
  }

  /// Each number times a factor.
  func times(_ factor: Double) -> JoinedScores {
    switch content {
    case .stored(let matrix): JoinedScores(stored: matrix * factor, origin: origin)
    case .function(let left, let right, let head):
      JoinedScores(left: left, right: right) { head($0) * factor }
    }
  }

  /// What two evaluations of one number may differ by: the rounding of sums of some hundred terms, and of as many layers,
  /// relative to numbers of order 1.
  static func rounding(_ dtype: DType) -> Double { dtype == .float64 ? 0x1p-40 : 0x1p-17 }

  // MARK: Parts

  var transposed: JoinedScores {
    switch content {
    case .stored(let matrix): JoinedScores(stored: matrix.T, origin: origin)
    case .function(let left, let right, let head):
      JoinedScores(left: right, right: left, head: head)
    }
  }

  /// With what is made of the rows, and of the columns.
  private func part(rows: (Tensor) -> Tensor, columns: (Tensor) -> Tensor) -> JoinedScores {
    switch content {
    case .stored(let matrix): JoinedScores(stored: columns(rows(matrix).T).T, origin: origin)
    case .function(let left, let right, let head):
      JoinedScores(left: rows(left), right: columns(right), head: head)
    }
  }

  func rows(_ range: Range<Int>) -> JoinedScores { part(rows: { $0[range] }, columns: { $0 }) }
  func columns(_ range: Range<Int>) -> JoinedScores { part(rows: { $0 }, columns: { $0[range] }) }
  func columns(at places: Tensor) -> JoinedScores {
    part(rows: { $0 }, columns: { $0.indexSelect(places) })
  }
  func pairs(at places: Tensor) -> JoinedScores {
    part(rows: { $0.indexSelect(places) }, columns: { $0.indexSelect(places) })
  }

  func map(_ change: (Tensor) -> Tensor) -> JoinedScores {
    switch content {
    case .stored(let matrix): JoinedScores(stored: change(matrix), origin: origin)
    case .function(let left, let right, let head):
      JoinedScores(left: change(left), right: change(right), head: head)
    }
  }
}
