import CTorch

/// A table of learned vectors: integer indices ↦ rows.
public struct Embedding: Layer {
  /// entries × width.
  public let table: Tensor

  /// Entries drawn from N(0, 1).
  public init(_ entries: Int, _ width: Int, key: Key) {
    self.table = .normal([entries, width], key: key)
    table.requiresGradient = true
  }

  /// `table`.
  public var parameters: Parameters { ["table": table] }

  /// Indices (int64) of any shape ↦ their rows, with the width as a further axis.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    tensor("embedding", [table, input]) { ct_embedding($0, table.raw, input.raw) }
  }
}

/// A table of learned vectors, of which weighted sums are taken: the linear map of a sparse vector of which only the
/// entries that are not 0 are given.
///
/// ```swift
/// let bag = EmbeddingBag(10, 4, key: Key(0))
/// bag([[(2, 1.0), (7, 0.5)], []])   // 2 × 4: row 2 plus half of row 7, and zeros
/// ```
public struct EmbeddingBag: Layer {
  /// entries × width.
  public let table: Tensor

  /// Entries drawn from N(0, 1).
  public init(_ entries: Int, _ width: Int, key: Key) {
    table = .normal([entries, width], key: key)
    table.requiresGradient = true
  }

  /// `table`.
  public var parameters: Parameters { ["table": table] }

  /// N × entries ↦ N × width: the sums of the table's rows, weighted by the input.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { matmul(input, table) }

  /// The same for rows of which the entries other than 0 are given, by place.
  public func callAsFunction(_ rows: [[(place: Int, weight: Double)]]) -> Tensor {
    let starts = rows.dropLast().reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let entries = rows.flatMap { $0 }
    let device = table.device
    let (places, offsets) = (
      Tensor(entries.map(\.place), device: device), Tensor(starts, device: device)
    )
    let weights = Tensor(entries.map(\.weight), device: device).to(table.dtype)
    guard !entries.isEmpty else {
      return .zeros([rows.count, table.shape[1]], dtype: table.dtype, device: table.device)
    }
    return tensor("embeddingBag", [table, places, weights, offsets]) {
      ct_embedding_bag($0, table.raw, places.raw, weights.raw, offsets.raw)
    }
  }
}
