import CoupletCore
import Files

/// One column of the table of numbers behind Figures 11 and 12.
struct DigitMeasures {
  /// ν(u | digit) over the test images, as a law to draw from.
  struct Generation {
    /// 1 / Σ w².
    let effectiveSampleSize: Double
    /// That as a share of the digit's images: 1 when all of them are as likely and no others are.
    let share: Double
    /// Σ w over the digit's images.
    let rightMass: Double
    /// Different images among so many draws.
    let distinct: (among16: Int, among1000: Int)
    /// The share of the 1,000 draws that show the digit.
    let rightDraws: Double
  }

  let reliability: Reliability
  /// For every digit.
  let generation: [Generation]
  let information: MutualInformation

  init(_ model: ScoredDigits, key: Key) {
    let (drawing, choosing) = key.split()
    reliability = Reliability(model.logProbabilities, classes: model.labels)
    generation = (0..<Digits.classes).map { digit in
      let law = model.images(given: digit)
      let isRight = model.labels.map { $0 == digit }
      let draws = law.sample(1000, key: drawing.folded(with: digit))
      let weights = law.weights.array(Double.self)
      return Generation(
        effectiveSampleSize: law.effectiveSampleSize,
        share: law.effectiveSampleSize / Double(isRight.count { $0 }),
        rightMass: zip(weights, isRight).reduce(0) { $0 + ($1.1 ? $1.0 : 0) },
        distinct: (Set(draws.prefix(16)).count, Set(draws).count),
        rightDraws: Double(draws.count { isRight[$0] }) / 1000)
    }
    information = MutualInformation(model.pairs, key: choosing)
  }

  func mean(_ value: (Generation) -> Double) -> Double {
    generation.map(value).reduce(0, +) / Double(generation.count)
  }

  var json: JSON {
    func bound(_ estimate: MutualInformation.Estimate) -> JSON {
      .array([estimate.value, estimate.lower, estimate.upper].map { $0.rounded(toDigits: 5) })
    }
    func perDigit(_ value: (Generation) -> Double) -> JSON {
      .array(generation.map { value($0).rounded(toDigits: 5) })
    }
    return [
      "accuracy": .number(reliability.accuracy),
      "crossEntropy": .number(reliability.logLoss.rounded(toDigits: 5)),
      "expectedCalibrationError": .number(
        reliability.expectedCalibrationError.rounded(toDigits: 4)),
      "effectiveSampleSize": perDigit(\.effectiveSampleSize),
      "shareOfDigitsImages": perDigit(\.share),
      "massOnRightClass": perDigit(\.rightMass),
      "rightAmong1000Draws": perDigit(\.rightDraws),
      "distinctAmong16Draws": .array(generation.map(\.distinct.among16)),
      "distinctAmong1000Draws": .array(generation.map(\.distinct.among1000)),
      "mutualInformation": [
        "infoNCE": bound(information.infoNCE), "infoNCEOfU": bound(information.oneSidedInfoNCE[0]),
        "infoNCEOfV": bound(information.oneSidedInfoNCE[1]),
        "donskerVaradhan": bound(information.donskerVaradhan),
      ],
    ]
  }
}
