import CoupletCore
import DiagnosticFigures
import Figures
import Files
import Foundation

/// What a coupling of left and right halves is worth: retrieval, calibration, pictures.
struct HalvesStudy {
  let coupling: Coupling
  /// Halves of the test images.
  let test: PairedData
  /// The digits of the test images.
  let labels: [Int]
  /// Halves of all images.
  let data: Dataset
  let key: Key

  func findings(in workshop: Workshop) throws -> Findings {
    let report = try coupling.evaluate(on: test, loss: ConditionalLoss(.twoSided))
    workshop.log("checking the calibration of the conditionals")
    let queries = workshop.isQuick ? 500 : 2000
    let checks = try coupling.modalities.map { try calibration(of: $0, queries: queries) }
    let information = try coupling.mutualInformation(on: test, key: key.folded(with: 3))
    let recall = { (modality: String, k: String) in report.recall[modality]?[k] ?? .nan }
    return try Findings(
      settings: [
        "run": HalvesRun(workshop, on: data).json,
        "trainingSeconds": .optional(workshop.seconds(ofRun: "halves")),
        "learnedNumbers": .integer(coupling.parameters.count),
      ] as JSON,
      numbers: numbers(report, checks, information, queries: queries),
      figures: [
        (name: "", figure: try picture()),
        (name: "coverage", figure: .coverage(checks.map(\.levels), names: names)),
        (
          name: "ranks",
          figure: .rankHistograms(
            checks.flatMap(\.ranks),
            names: names.flatMap { name in
              HalvesStudy.statistics.map { Text($0.name + " of ") + name }
            })
        ),
      ],
      verdict: String(
        format: "recall@1 %.3f and %.3f, recall@10 %.3f and %.3f (left, right half retrieved)",
        recall("u", "1"), recall("v", "1"), recall("u", "10"), recall("v", "10")))
  }

  private var names: [Text] { ["left | right", "right | left"] }

  // MARK: Calibration

  /// What the ranks are taken of, each a mean over the pixels of a half with weights.
  static let statistics: [(name: String, of: @Sendable (Tensor) -> Tensor)] = [
    (name: "ink", of: { $0.to(.float64).flattened(from: 1).mean(dim: 1) }),
    (
      name: "height",
      of: { half in
        let ink = half.to(.float64).sum(dim: 2)
        let rows = Tensor.arange(half.shape[1]).to(.float64)
        return -(ink * rows).sum(dim: 1) / (ink.sum(dim: 1) + 1e-6)
      }
    ),
  ]

  private func calibration(of modality: Modality, queries: Int) throws -> ConditionalCalibration {
    let chosen = Tensor.permutation(test.count, key: key.folded(with: 1))[0..<queries]
    return try coupling.calibration(
      of: modality, on: test.select(chosen.array(Int.self)),
      among: .sample(data.training[modality].all()),
      statistic: { half in stack(HalvesStudy.statistics.map { $0.of(half) }, dim: 1) },
      key: key.folded(with: 2))
  }

  // MARK: Numbers

  private struct Numbers: Encodable {
    let loss, temperature: Double
    let retrieval: Named<Retrieval>
    let calibrationQueries: Int
    let calibration: Named<Calibration>
    /// The estimate with its interval.
    let infoNCE: [Double]
    let infoNCECeiling: Double
  }

  private struct Retrieval: Encodable {
    let recall: Named<Double?>
    let medianRank, meanReciprocalRank: Double?
    let medianEffectiveSampleSize: Double
  }

  private struct Calibration: Encodable {
    let coverageOf50PercentSets, coverageOf90PercentSets, levelsKolmogorovSmirnovP: Double
    let ranksKolmogorovSmirnovP: [Double]
    let randomizedMass: Double

    init(_ check: ConditionalCalibration) {
      coverageOf50PercentSets = check.levels.fraction(atMost: 0.5)
      coverageOf90PercentSets = check.levels.fraction(atMost: 0.9)
      levelsKolmogorovSmirnovP = check.levels.kolmogorovSmirnovPValue.rounded(toDigits: 3)
      ranksKolmogorovSmirnovP = check.ranks.map { $0.kolmogorovSmirnovPValue.rounded(toDigits: 3) }
      randomizedMass = check.randomizedMass.rounded(toDigits: 3)
    }
  }

  private func numbers(
    _ report: EvaluationReport, _ checks: [ConditionalCalibration],
    _ information: MutualInformation, queries: Int
  ) throws -> Numbers {
    let retrieval = try coupling.modalities.map { modality in
      let name = modality.name
      return (
        name,
        Retrieval(
          recall: Named(["1", "5", "10"].map { ($0, report.recall[name]?[$0]) }),
          medianRank: report.medianRank[name], meanReciprocalRank: report.meanReciprocalRank[name],
          medianEffectiveSampleSize: try medianEffectiveSampleSize(modality).rounded(toDigits: 4))
      )
    }
    let infoNCE = information.infoNCE
    return Numbers(
      loss: (report.loss ?? .nan).rounded(toDigits: 5),
      temperature: coupling.temperature.current.rounded(toDigits: 4),
      retrieval: Named(retrieval), calibrationQueries: queries,
      calibration: Named(zip(coupling.modalities, checks).map { ($0.name, Calibration($1)) }),
      infoNCE: [infoNCE.value, infoNCE.lower, infoNCE.upper].map { $0.rounded(toDigits: 5) },
      infoNCECeiling: information.ceiling.rounded(toDigits: 5))
  }

  /// Over 500 conditionals among the test halves.
  private func medianEffectiveSampleSize(_ modality: Modality) throws -> Double {
    let given = try test[coupling.partner(of: modality)].rows(0..<min(500, test.count))
    let sizes = coupling.conditionals(of: modality, given: given, among: try test[modality].all())
      .map(\.effectiveSampleSize).sorted()
    return sizes[sizes.count / 2]
  }

  // MARK: Picture

  /// For the first test image of every digit: the image; its left half with the eight most likely right halves
  /// of the test set; and with eight that are drawn.
  private func picture() throws -> Figure {
    let (left, right) = (try test.u, try test.v)
    let rows = (0..<Digits.classes).compactMap { labels.firstIndex(of: $0) }
    let laws = coupling.conditionals(
      of: .v, given: left.indexSelect(Tensor(rows)), among: right)
    func grid(_ choose: (Int, ConditionalDistribution) -> [Int]) -> ImageGrid {
      ImageGrid(
        rows: zip(rows, laws).enumerated().map { place, entry in
          (
            label: Text?.none,
            images: choose(place, entry.1).map {
              .ink(cat([left[entry.0], right[$0]], dim: 1))
            }
          )
        }, magnification: 2)
    }
    let truth = grid { place, _ in [rows[place]] }
    let likely = grid { _, law in law.top(8).map(\.index) }
    let drawn = grid { place, law in law.sample(8, key: key.folded(with: 100 + place)) }
    return Figure(
      rows: [
        [
          truth.panel(title: "image"), likely.panel(title: "left half, 8 most likely right halves"),
          drawn.panel(title: "left half, 8 drawn right halves"),
        ]
      ], columnWidths: [30, 240, 240], rowHeights: [300],
      note: "The first test image of each digit; right halves of the 10,000 test images.")
  }

}
