import CoupletCore
import Files
import Foundation

/// A test sample with its most probable partners, as a reader of a run's page looks at them.
public struct RetrievalExample: Codable, Equatable, Sendable {
  /// A sample in a form to be looked at.
  public enum Shown: Codable, Equatable, Sendable {
    /// A picture, as a PNG file.
    case image(Data)
    /// A text, or the name of a label.
    case text(String)
    /// The first coordinates of a vector, and how many it has.
    case numbers([Double], of: Int)
  }

  /// A candidate and its probability.
  public struct Answer: Codable, Equatable, Sendable {
    /// Its row in the user's file; nil for a label.
    public let row: Int?
    /// The candidate.
    public let shown: Shown
    /// w of it, in [0, 1].
    public let probability: Double
    /// Whether it is the query's partner.
    public let isPartner: Bool
  }

  /// The query's row in the user's file.
  public let row: Int
  /// The query's modality.
  public let given: String
  /// The query.
  public let query: Shown
  /// The five most probable candidates of the partner modality, best first.
  public let answers: [Answer]

  private static let queries = 12, answers = 5

  /// Of the first pairs, for u given v and for v given u; a label is no query.
  /// - Throws: `Failure` when samples cannot be read.
  static func examples(of coupling: Coupling, on pairs: PairedData) throws -> [RetrievalExample] {
    let queries = Array(0..<min(queries, pairs.count))
    return try coupling.modalities.flatMap { given -> [RetrievalExample] in
      guard pairs[given].space.labels == nil else { return [] }
      let wanted = coupling.partner(of: given)
      let labels = pairs[wanted].space.labels
      let candidates = try labels.map { Tensor.arange($0.count) } ?? pairs[wanted].all()
      let laws = coupling.conditionals(
        of: wanted, given: try pairs[given].rows(queries), among: candidates,
        weights: labels == nil ? nil : coupling[wanted].marginal)
      let truth = try labels.map { _ in try pairs[wanted].rows(queries).array(Int.self) } ?? queries
      return try queries.map { query in
        RetrievalExample(
          row: pairs.fileRow(query), given: given.name, query: try shown(pairs[given], query),
          answers: try laws[query].top(answers).map { match in
            Answer(
              row: labels == nil ? pairs.fileRow(match.index) : nil,
              shown: try labels.map { .text($0.names[match.index]) }
                ?? shown(pairs[wanted], match.index),
              probability: match.weight, isPartner: match.index == truth[query])
          })
      }
    }
  }

  private static func shown(_ samples: any SampleSource, _ row: Int) throws -> Shown {
    let sample = try samples.rows([row])
    switch samples.space {
    case .text:
      let bytes = sample.to(.int64).array(Int.self).prefix { $0 != 0 }
      return .text(
        String(String(decoding: bytes.map { UInt8($0 & 255) }, as: UTF8.self).prefix(200)))
    case .labels(let labels): return .text(labels.names[sample.array(Int.self)[0]])
    case .image(let shape), .real(let shape):
      let values = sample.to(.float64).array(Double.self)
      if let image = try image(values, shape, isImage: samples.space.isImage) {
        return .image(image)
      }
      return .numbers(Array(values.prefix(4)).map { $0.isFinite ? $0 : 0 }, of: values.count)
    }
  }

  /// Images in their colours, and matrices of values in [0, 1] as grey ones.
  private static func image(_ values: [Double], _ shape: [Int], isImage: Bool) throws -> Data? {
    let isMatrix = shape.count == 2 && shape.allSatisfy { (8...512).contains($0) }
    guard isImage || isMatrix && values.allSatisfy({ (0...1).contains($0) }) else { return nil }
    let channels = shape.count == 3 ? shape[0] : 1
    let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
    guard [1, 3].contains(channels), height > 0, width > 0, height <= 512, width <= 512 else {
      return nil
    }
    let pixels = (0..<height * width).flatMap { place in
      (0..<channels).map { channel in
        let value = values[channel * height * width + place]
        return UInt8((255 * min(max(value.isNaN ? 0 : value, 0), 1)).rounded())
      }
    }
    return try PNG.encode(
      pixels, width: width, height: height, colour: channels == 1 ? .grey : .rgb)
  }
}

extension SampleSpace {
  fileprivate var isImage: Bool {
    if case .image = self { return true }
    return false
  }
}
