import CoupletCore
import Files

/// How often each label was taken for each other one.
public struct ConfusionMatrix: Codable, Equatable, Sendable {
  /// K names.
  public let labels: [String]
  /// `counts[i][j]`: how many samples of label i were taken for label j; K × K.
  public let counts: [[Int]]

  /// Up to so many labels are shown.
  static let mostLabels = 30

  /// From true and predicted places among `labels`, one a sample.
  public init(labels: [String], truth: [Int], predicted: [Int]) {
    var counts = Array(repeating: Array(repeating: 0, count: labels.count), count: labels.count)
    for (i, j) in zip(truth, predicted) { counts[i][j] += 1 }
    (self.labels, self.counts) = (labels, counts)
  }

  /// Of the most probable label of each u (Algorithm 2); nil when v is no label, or has more than 30.
  /// - Throws: `Failure` when samples cannot be read.
  init?(of coupling: Coupling, on pairs: PairedData) throws {
    let (u, v) = (pairs[coupling.modalities[0]], pairs[coupling.modalities[1]])
    guard let labels = v.space.labels, labels.count <= Self.mostLabels else { return nil }
    let classifier = ZeroShotClassifier(
      coupling, labels: .arange(labels.count), weights: coupling.sides[1].marginal)
    self.init(
      labels: labels.names, truth: try v.all().array(Int.self),
      predicted: try classifier.logProbabilities(u).argmax(dim: 1).array(Int.self))
  }

  /// How many samples have label i.
  public func count(_ i: Int) -> Int { counts[i].reduce(0, +) }

  /// The part of the samples of label i that were taken for it; nil where there are none.
  public func recall(_ i: Int) -> Double? {
    count(i) == 0 ? nil : Double(counts[i][i]) / Double(count(i))
  }

  /// The part of the samples taken for label i that have it; nil where there are none.
  public func precision(_ i: Int) -> Double? {
    let taken = counts.reduce(0) { $0 + $1[i] }
    return taken == 0 ? nil : Double(counts[i][i]) / Double(taken)
  }
}
