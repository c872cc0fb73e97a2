import Files

extension Coupling {
  /// The coupling that a pair score corrects: the same encoders, potentials and temperature without the network. nil where
  /// there is no network, or it stands alone.
  public var corrected: Coupling? {
    tilting.pair?.corrected.map {
      Coupling(sides, tilting: $0.value, temperature: temperature)
    }
  }

  /// The k most probable candidates for each query among those that the corrected tilting has for its best: one pass of
  /// products over the gallery, and `count` evaluations of the network a query (MATH §14).
  ///
  /// Weights, and what an answer says of itself, are relative to these candidates alone.
  ///
  /// - Parameters:
  ///   - given: the embedded queries.
  ///   - count: how many of the first pass are scored again, at least 1; the answer holds at most so many.
  ///   - logWeights: reference weights, or a prior density, as logarithms; uniform when nil.
  /// - Throws: what reading the gallery throws.
  ///
  /// ```swift
  /// let answers = try coupling.search(
  ///   .v, given: coupling.embed(.u, images), among: gallery, top: 10, reranking: 100)
  /// ```
  public func search(
    _ modality: Modality, given: Embedded, among gallery: EmbeddedGallery, top k: Int,
    reranking count: Int, logWeights: Tensor? = nil
  ) throws -> [SearchAnswer] {
    require(count >= 1, "Coupling.search: \(count) candidates to score again")
    guard let corrected else {
      // A programmer's error: whoever asks knows the coupling.
      fatalError("Coupling.search: there is no tilting that a pair score corrects")
    }
    let first = try corrected.search(
      modality, given: given, among: gallery, top: count, logWeights: logWeights)
    return try withoutGradients {
      try first.enumerated().map { row, answer in
        let places = answer.matches.map(\.index).sorted()
        let law = conditionals(
          of: modality, given: given[row..<row + 1],
          among: .joined(try places.map { try gallery.rows($0..<$0 + 1) }),
          candidates: Tensor(places), logWeights: logWeights?.indexSelect(Tensor(places)))[0]
        return SearchAnswer(
          matches: law.top(k).map { .init(index: places[$0.index], weight: $0.weight) },
          numbers: law.numbers)
      }
    }
  }
}
