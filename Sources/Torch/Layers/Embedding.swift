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
