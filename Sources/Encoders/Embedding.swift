import Couplet

// label ↦ its own learned vector: a linear map of the one-hot vectors.
extension Embedding: Encoder {
  public var dimension: Int { table.shape[1] }
}
