import CoupletCore
import Runs
import Training

/// What is known of how right the draws of chains are, in one sentence beside them.
struct CalibrationNote: Encodable {
  /// nil where it was not checked.
  let isCalibrated: Bool?
  let p: Double?
  let fault: String?
  let pairs: Int?
  let sentence: String

  private enum CodingKeys: String, CodingKey {
    case isCalibrated = "calibrated"
    case p, fault, pairs, sentence
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isCalibrated, forKey: .isCalibrated)
    try container.encode(p, forKey: .p)
    try container.encode(fault, forKey: .fault)
    try container.encode(pairs, forKey: .pairs)
    try container.encode(sentence, forKey: .sentence)
  }

  /// What the run says of draws of a question.
  /// - Parameter methods: of the checks that count, the first one first; all draw from one law.
  /// - Throws: `Failure` when what it keeps is damaged.
  init(_ question: Question, _ methods: [ChainMethod], prior: String?) throws {
    guard question.runs.count == 1 else {
      self.init(nil, "not calibrated: draws of several runs together are not checked")
      return
    }
    let run = question.trained.path
    guard !question.isTogether else {
      self.init(nil, "not calibrated: draws given several observations together are not checked")
      return
    }
    let kept = try RunDirectory(opening: run).readCalibrations()
    let named = try DrawCalibrations.Prior(prior)
    let check = methods.compactMap { kept?.check(of: question.modality, $0, prior: named) }.first
    let law = prior.map { $0 == "fitted" ? "" : " --of \(question.modality) --prior \($0)" } ?? ""
    self.init(
      check,
      check?.verdict
        ?? "not calibrated: run couplet evaluate \(run) --diagnostics --method \(methods[0].rawValue)\(law)"
    )
  }

  private init(_ check: ChainCalibration?, _ sentence: String) {
    isCalibrated = check?.isCalibrated
    p = check?.pValue
    fault = check.flatMap { $0.isCalibrated ? nil : $0.fault.rawValue }
    pairs = check?.pairs
    self.sentence = sentence
  }
}

extension ChainCalibration {
  /// In one sentence.
  var verdict: String {
    isCalibrated
      ? "calibrated on \(pairs) test pairs: p = \(pValue.short)"
      : "not calibrated: draws are \(fault.rawValue) on \(pairs) test pairs (p = \(pValue.short))"
  }
}
