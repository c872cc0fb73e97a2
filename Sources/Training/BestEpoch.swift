import CoupletCore
import Files

/// Which epoch's weights a run ends with.
public enum Keep: String, Codable, CaseIterable, Sendable {
  /// Those of the epoch with the lowest validation loss, the start included.
  case best
  /// Those of the epoch with the highest mean reciprocal rank of validation pairs, over both directions, the start
  /// included; of equals the one with the lowest loss.
  case bestRank = "best-rank"
  /// Those of the last epoch.
  case last
}

/// The best epoch of a run so far.
///
/// The validation loss decides, or the mean reciprocal rank. An epoch that ranks partners worse than the weights at the
/// start did is never taken: training that begins at a good model, a linear baseline or embeddings as they are, does not
/// end below it.
struct BestEpoch: Codable, Equatable {
  /// 0 for the start.
  private(set) var epoch = 0
  /// Its validation loss.
  private(set) var loss: Double
  /// The mean reciprocal rank at the start; nil where none was measured.
  private(set) var startRank: Double?
  /// The highest mean reciprocal rank so far, where that decides; nil where the loss does.
  private(set) var rank: Double?
  /// Evaluations since that were no better.
  var waited = 0

  /// - Parameter byRank: whether the mean reciprocal rank decides, where it was measured.
  init(start loss: Double, rank: Double?, byRank: Bool = false) {
    self.loss = loss.isFinite ? loss : .greatestFiniteMagnitude
    startRank = rank
    self.rank = byRank ? rank : nil
  }

  /// Whether an epoch is the best so far; it is then taken for it.
  mutating func takes(_ loss: Double, rank: Double?, epoch: Int) -> Bool {
    let ranksWorse = if let rank, let startRank { rank < startRank } else { false }
    let isBetter =
      if let rank, let best = self.rank { (rank, -loss) > (best, -self.loss) } else {
        loss < self.loss
      }
    guard isBetter, !ranksWorse else {
      waited += 1
      return false
    }
    (self.epoch, self.loss, waited) = (epoch, loss, 0)
    if self.rank != nil { self.rank = rank }
    return true
  }
}

/// The weights of the best epoch: in memory from when they are found, in `model.safetensors` from the next checkpoint
/// on.
///
/// They are written before the checkpoint that knows of them. A run killed in between has weights of a later epoch than
/// its checkpoint knows, finds the same epoch to be the best again and writes the same weights.
final class BestWeights {
  private var weights: [(name: String, tensor: Tensor)]?
  private var areWritten = true

  /// Takes a copy of the coupling's weights.
  func keep(_ coupling: Coupling) {
    weights = coupling.savedTensors.map { ($0.name, $0.tensor.detached().clone()) }
    areWritten = false
  }

  /// Writes them where that has not been done.
  func write(to directory: RunDirectory) throws {
    guard !areWritten, let weights else { return }
    try Safetensors(weights).write(to: directory.modelFile)
    areWritten = true
  }

  /// Gives the coupling the best weights.
  func load(into coupling: Coupling, from directory: RunDirectory?) throws {
    if let weights {
      try coupling.load(
        Dictionary(weights.map { ($0.name, $0.tensor) }) { first, _ in first }, from: "memory")
    } else {
      try directory?.loadModel(into: coupling)
    }
  }
}

extension EvaluationReport {
  /// The mean reciprocal rank, over the modalities that are retrieved.
  package var meanRank: Double? {
    let ranks = meanReciprocalRank.values
    return ranks.isEmpty ? nil : ranks.reduce(0, +) / Double(ranks.count)
  }
}
