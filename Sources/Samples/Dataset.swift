import Files
import Torch

/// Pairs to train with, and pairs to test with where the data bring some.
///
/// ```swift
/// let data = try DataSource("mnist:data/mnist").read()
/// data.summary   // "mnist:data/mnist: 60000 training and 10000 test pairs; u 28 × 28, v 10 labels"
/// ```
public struct Dataset {
  /// What the user calls the data.
  public let name: String
  /// The pairs to learn from.
  public let training: PairedData
  /// Pairs that are kept from training; nil where the data bring none.
  public let test: PairedData?
  /// Where the pairs are simulated: a source of so many new ones, of the same law, for every epoch.
  public let online: ((_ count: Int, _ key: Key) -> OnlinePairs)?
  /// The files and folders that the pairs were read from; none for pairs in memory.
  public let files: [String]

  /// - Throws: `Failure` when the test pairs lie in other spaces than the training pairs.
  public init(
    name: String, training: PairedData, test: PairedData? = nil,
    online: ((_ count: Int, _ key: Key) -> OnlinePairs)? = nil, files: [String] = []
  ) throws {
    for modality in training.modalities {
      guard let test, test[modality].space != training[modality].space else { continue }
      throw Failure(
        "the test samples of \(modality) are \(test[modality].space), those of the training "
          + "\(training[modality].space)", at: test[modality].name,
        remedy: "give test pairs of the same kind")
    }
    self.name = name
    self.training = training
    self.test = test
    self.online = online
    self.files = files
  }

  /// The space that the samples of a modality lie in.
  public subscript(_ modality: Modality) -> SampleSpace { training[modality].space }

  /// The same data in spaces that are known from others (`SampleSource.matching`).
  /// - Throws: `Failure` when they do not lie in them.
  public func matching(_ spaces: [(modality: Modality, space: SampleSpace)]) throws -> Dataset {
    func pairs(_ pairs: PairedData) throws -> PairedData {
      try pairs.with { modality, samples in
        try samples.matching(spaces.first { $0.modality == modality }?.space)
      }
    }
    return try Dataset(
      name: name, training: pairs(training), test: test.map(pairs), online: online, files: files)
  }

  /// One line: the numbers of pairs, and what each modality was taken for.
  public var summary: String {
    let counts =
      test.map { "\(training.count) training and \($0.count) test pairs" }
      ?? "\(training.count) pairs"
    let spaces = training.modalities.map { "\($0) \(self[$0])" }.joined(separator: ", ")
    return "\(name): \(counts); \(spaces)"
  }
}

/// A kind of data set with a name of its own, as in `mnist:DIR`. One kind, one conforming type, one file.
public protocol DatasetFormat: Sendable {
  /// The word before the colon.
  var name: String { get }
  /// Reads the pairs of a folder.
  /// - Throws: `Failure` naming the file, and the place in it, of anything missing or damaged.
  func read(
    _ folder: String, _ options: DataOptions, report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset
}
