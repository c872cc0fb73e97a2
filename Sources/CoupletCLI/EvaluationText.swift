import CoupletCore
import Files
import Foundation

extension EvaluationReport {
  /// The members that `couplet evaluate --json` promises.
  var json: [JSON.Member] {
    [
      .init("loss", .optional(loss)),
      .init("clipLoss", .optional(clipLoss)),
      .init("accuracy", .optional(accuracy)),
      .init(
        "recall",
        .object(
          byModality(recall) { .object(Self.sorted($0).map { .init($0.key, .number($0.value)) }) })),
      .init("medianRank", .object(byModality(medianRank) { .number($0) })),
      .init("meanReciprocalRank", .object(byModality(meanReciprocalRank) { .number($0) })),
      .init("ndcg10", ndcg10.map { .object(byModality($0) { .number($0) }) } ?? .null),
      .init(
        "meanAveragePrecision",
        meanAveragePrecision.map { .object(byModality($0) { .number($0) }) } ?? .null),
    ].filter { $0.value != .null || $0.key == "loss" }
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

  private func byModality<Value>(_ values: [String: Value], _ json: (Value) -> JSON)
    -> [JSON.Member]
  {
    values.sorted { $0.key < $1.key }.map { .init($0.key, json($0.value)) }
  }

  /// k ↦ recall, by the size of k.
  private static func sorted(_ recall: [String: Double]) -> [(key: String, value: Double)] {
    recall.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
  }
}

extension Double {
  /// Four significant digits, for people.
  var short: String { String(format: "%.4g", self) }
}

extension Double? {
  /// The usual contrastive value after a loss, for people; nothing where there is none.
  var clip: String { map { " (CLIP \($0.short))" } ?? "" }
}

extension PairedData {
  /// ` in 40 groups`; empty where pairs form none.
  var inGroups: String { groups.map { " in \($0.count) groups" } ?? "" }
}
