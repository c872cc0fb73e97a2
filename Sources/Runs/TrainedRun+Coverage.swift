import CoupletCore
import Files
import Foundation

extension TrainedRun {
  private static let mostPairs = 2_000

  /// The sets of candidates of a gallery that hold the true partner in a fraction of cases, by the validation pairs of
  /// the run.
  ///
  /// To the gallery of a validation pair its own partner is added, as one of its samples; labels are all there.
  /// - Throws: `Failure` when the run kept no validation pairs, or too few, or the data cannot be read.
  public func conformalSets(_ modality: Modality, coverage: Double, among gallery: Gallery) throws
    -> ConformalSets
  {
    guard let pairs = try testData().validation?.independent(key: Key(0)).sample(Self.mostPairs)
    else {
      throw Failure(
        "the run kept no validation pairs, which sets of a given coverage are made by", at: path,
        remedy: "train with --validation 0.1, on 200 pairs or more")
    }
    let partner = coupling.partner(of: modality)
    // log Σ exp s over the gallery's samples, n times the mean.
    var own: [Double] = []
    var logSums: [Double] = []
    let places = space(modality).labels == nil ? nil : try gallery.placesOfLabels
    let rows = try pairs[modality].all()
    let samples = gallery.sampleCount
    try forEachAnswer(modality, given: pairs[partner], among: gallery) { row, law in
      if let places, let place = places[Int(rows[row].item())] {
        own.append(law.logWeights[place].item())
      } else {
        logSums.append(law.logNormalizer + log(samples))
      }
    }
    if !logSums.isEmpty {
      let block = 256
      for start in stride(from: 0, to: pairs.count, by: block) {
        let part = pairs[start..<min(start + block, pairs.count)]
        let laws = try coupling.conditionals(
          of: modality, given: coupling.embed(partner, part[partner]),
          among: coupling.embed(modality, part[modality]), candidates: part[modality].all(),
          logWeights: nil)
        for (row, law) in laws.enumerated() {
          let score =
            (law.logWeights[row] - law.logReference[row]).item() + law.logNormalizer
          let logSum = logSums[start + row]
          let top = max(score, logSum)
          own.append(score - top - log(exp(score - top) + exp(logSum - top)))
        }
      }
    }
    return try ConformalSets(coverage: coverage, logWeights: own)
  }
}

extension Gallery {
  /// The place of each label among the candidates.
  fileprivate var placesOfLabels: [Int: Int] {
    get throws {
      let labels = try candidates.array(Int.self)
      return Dictionary(labels.enumerated().map { ($1, $0) }) { first, _ in first }
    }
  }

  /// The number of samples, copies counted.
  fileprivate var sampleCount: Double {
    logWeights.map { $0.exp().sum().item() } ?? Double(count)
  }
}
