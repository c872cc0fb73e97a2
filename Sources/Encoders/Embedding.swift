import CoupletCore
import Files

// label ↦ its own learned vector: a linear map of the one-hot vectors.
extension Embedding: SampleEncoder {
  /// d, the width of the table.
  public var dimension: Int { table.shape[1] }

  /// `embedding`, with the shape of the table, which PyTorch calls `weight`.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "embedding", ["labels": .integer(table.shape[0]), "outputs": .integer(dimension)],
      parameters.renamed(["table": "weight"]))
  }

  /// `embedding`.
  struct Design: EncoderDesign {
    var takesNumbers: Bool { false }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let classes = try space.requireLabelCount()
      try requireRoom([[classes, dimension]])
      return Embedding(classes, dimension, key: key)
    }

    /// At zero: a table that starts at random would take the labels' frequencies for something else.
    func buildPotential(for space: SampleSpace, key: Key) throws -> any SampleEncoder {
      let table = try build(for: space, dimension: 1, key: key)
      withoutGradients { table.parameters.tensors.forEach { $0.fill(0) } }
      return table
    }
  }

  static let entry = EncoderRegistry.Entry("embedding", Design()) { $0 }
}
