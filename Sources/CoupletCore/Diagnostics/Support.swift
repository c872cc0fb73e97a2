import Files
import Foundation
import Samples

/// The support of what a coupling was trained on: which samples of a modality are like it, by themselves and by their
/// embeddings.
///
/// A score says nothing of that: an inner product grows without limit with the embedding of a strange sample, and a
/// cosine of it is as large as another. Texts, and samples of more than 4,096 numbers, have their embeddings alone;
/// labels are known or refused.
///
/// ```swift
/// let support = try Support(of: coupling, training: training, others: validation)
/// try support.levels(of: queries, .v, in: coupling)   // [0.62, 1e-9]
/// ```
public struct Support {
  /// Below this level a sample is called strange: one in two hundred of those that are not.
  public static let strange = 0.005

  private var samples: [String: PointCloud] = [:]
  private var embeddings: [String: PointCloud] = [:]

  private static let largestCount = 2_000

  /// - Parameters:
  ///   - training: pairs that the coupling was fitted to.
  ///   - others: pairs that it was not fitted to; nil takes a third of the others.
  /// - Throws: `Failure` when samples cannot be read.
  public init(of coupling: Coupling, training: PairedData, others: PairedData?) throws {
    var training = training.independent(key: Key(0)).sample(2 * Support.largestCount)
    var others = others?.independent(key: Key(0)).sample(Support.largestCount)
    if others?.count ?? 0 < PointCloud.leastCount {
      let cut = 2 * training.count / 3
      (training, others) = (training[0..<cut], training[cut..<training.count])
    }
    guard let others else { return }
    for modality in coupling.modalities where training[modality].space.labels == nil {
      func cloud(_ rows: (PairedData) throws -> Tensor?, hasUnits: Bool) throws -> PointCloud? {
        guard let points = try rows(training), let compared = try rows(others) else { return nil }
        return PointCloud(of: points, comparedWith: compared, hasUnits: hasUnits)
      }
      let shape = training[modality].space.shape
      samples[modality.name] = try cloud(
        { try Support.points(of: $0[modality]) }, hasUnits: shape?.count == 1)
      embeddings[modality.name] = try cloud(
        { try coupling.embed(modality, $0[modality]).vectors.to(deviceOf: Tensor(0)) },
        hasUnits: false)
    }
  }

  /// The numbers of samples, a row each; nil for labels, texts, and samples of very many numbers.
  private static func points(of source: any SampleSource) throws -> Tensor? {
    guard source.space.labels == nil, let size = source.space.size,
      (1...PointCloud.mostCoordinates).contains(size)
    else { return nil }
    return try source.all().reshaped([source.count, size])
  }

  /// For each sample the share of samples like those of the training that are as strange as it, at most: twice the
  /// smaller of the levels of itself and of its embedding. Nil where nothing is known of the modality.
  /// - Throws: `Failure` when samples cannot be read.
  public func levels(of source: any SampleSource, _ modality: Modality, in coupling: Coupling)
    throws -> [Double]?
  {
    var all: [[Double]] = []
    if let cloud = samples[modality.name], let rows = try Support.points(of: source),
      rows.shape[1] == cloud.dimension
    {
      all.append(cloud.levels(of: rows))
    }
    if let cloud = embeddings[modality.name] {
      let vectors = try coupling.embed(modality, source).vectors.to(deviceOf: Tensor(0))
      if vectors.shape[1] == cloud.dimension { all.append(cloud.levels(of: vectors)) }
    }
    guard let first = all.first else { return nil }
    return first.indices.map { row in
      min(1, Double(all.count) * (all.map { $0[row] }.min() ?? 1))
    }
  }

  // MARK: In a file

  /// By which it is kept in a file.
  public var tensors: [(name: String, tensor: Tensor)] {
    samples.flatMap { $1.tensors(prefix: "\($0).samples.") }
      + embeddings.flatMap { $1.tensors(prefix: "\($0).embeddings.") }
  }

  /// From the tensors of a file; what is not there, or does not fit together, is not known.
  public init(_ tensors: [String: Tensor], modalities: [Modality]) {
    for modality in modalities {
      samples[modality.name] = PointCloud(tensors, prefix: "\(modality).samples.")
      embeddings[modality.name] = PointCloud(tensors, prefix: "\(modality).embeddings.")
    }
  }
}
