/// All that one modality owns in a coupling: its encoder g, its potential φ, and what is known of its samples.
///
/// ```swift
/// let images = Side(.u, encoder: LeNet(10, key: k1))
/// let digits = Side(.v, encoder: OneHot(10), marginal: frequencies, reference: .finite(.arange(10)))
/// ```
public struct Side {
  /// Whose side it is.
  public let modality: Modality
  /// g, from samples to embeddings.
  public let encoder: any SampleEncoder
  /// φ, a learned scalar that is added to the score; an encoder of dimension 1.
  public let potential: (any SampleEncoder)?
  /// Where the modality is a label, the weights m of the labels 0, 1, … under its marginal law, in any unit; nil
  /// for equal weights, and for other samples. A coupling that was trained against batches has scores relative to
  /// the labels' frequencies.
  public let marginal: Tensor?
  /// Over what the normaliser of ν(modality | others) is taken in training.
  public let reference: Reference

  /// A potential must have dimension 1.
  public init(
    _ modality: Modality, encoder: any SampleEncoder, potential: (any SampleEncoder)? = nil,
    marginal: Tensor? = nil, reference: Reference = .batch
  ) {
    require(
      potential?.dimension ?? 1 == 1,
      "Side: the potential of \(modality) has dimension \(potential?.dimension ?? 0), not 1")
    self.modality = modality
    self.encoder = encoder
    self.potential = potential
    self.marginal = marginal
    self.reference = reference
  }

  /// The embeddings of a batch, differentiable.
  /// - Parameter place: of this side in its coupling: encoders and potentials draw from keys of their own.
  func embed(_ batch: Tensor, mode: Mode, place: Int) -> Embedded {
    Embedded(
      encoder.encode(batch, mode: mode.folded(with: 2 * place)),
      potential: potential.map {
        $0.encode(batch, mode: mode.folded(with: 2 * place + 1)).flattened()
      })
  }
}
