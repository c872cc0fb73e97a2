import CoupletCore
import Files
import Foundation

/// The members that `couplet evaluate --json` promises of a report: a loss even where there is none, and of the others
/// those that were measured.
struct EvaluationMembers: Encodable {
  let report: EvaluationReport
  var hasLoss = true

  init(_ report: EvaluationReport, hasLoss: Bool = true) {
    (self.report, self.hasLoss) = (report, hasLoss)
  }

  private enum CodingKeys: String, CodingKey {
    case loss, clipLoss, accuracy, recall, medianRank, meanReciprocalRank, ndcg10
    case meanAveragePrecision
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    func put(_ value: (some Encodable)?, _ key: CodingKeys) throws {
      if let value { try container.encode(value, forKey: key) }
    }
    if hasLoss {
      try container.encode(report.loss, forKey: .loss)
      try put(report.clipLoss, .clipLoss)
    }
    try put(report.accuracy, .accuracy)
    try put(report.recall, .recall)
    try put(report.medianRank, .medianRank)
    try put(report.meanReciprocalRank, .meanReciprocalRank)
    try put(report.ndcg10, .ndcg10)
    try put(report.meanAveragePrecision, .meanAveragePrecision)
  }
}

extension EvaluationReport {
  /// With recall at 1, 5 and 10 alone: what commands say unless they are asked for other k.
  var usual: EvaluationReport {
    var report = self
    report.recall = recall.mapValues { $0.filter { ["1", "5", "10"].contains($0.key) } }
    return report
  }

  /// A table for people.
  func text(loss name: String) -> String {
    var lines = ["loss (\(name))  \(loss?.short ?? "none for one pair")\(clipLoss.clip)"]
    if let accuracy { lines.append("accuracy  \(accuracy.short)") }
    for modality in recall.keys.sorted() {
      guard let recall = recall[modality], let median = medianRank[modality],
        let reciprocal = meanReciprocalRank[modality]
      else { continue }
      let recalls = Self.sorted(recall).map { "@\($0.key) \($0.value.short)" }
      lines.append(
        "\(modality) retrieved: recall \(recalls.joined(separator: "  ")); median rank \(median.short); "
          + "mean reciprocal rank \(reciprocal.short)"
          + Self.precisions(ndcg10?[modality], meanAveragePrecision?[modality]))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Of all right answers; nothing where only the best ones were looked at.
  static func precisions(_ gain: Double?, _ precision: Double?) -> String {
    guard let gain, let precision else { return "" }
    return "; nDCG@10 \(gain.short); mean average precision \(precision.short)"
  }

  /// k ↦ recall, by the size of k.
  private static func sorted(_ recall: [String: Double]) -> [(key: String, value: Double)] {
    recall.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
  }
}

extension Double {
  /// Four significant digits, for people.
  var short: String { digits(4) }
}

extension Double? {
  /// The usual contrastive value after a loss, for people; nothing where there is none.
  var clip: String { map { " (CLIP \($0.short))" } ?? "" }
}

extension PairedData {
  /// ` in 40 groups`; empty where pairs form none.
  var inGroups: String { groups.map { " in \($0.count) groups" } ?? "" }
}
