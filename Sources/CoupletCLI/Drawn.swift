/// What was drawn for some conditions, and where it is.
struct Drawn<Head: Encodable, Result: Encodable>: CommandResult {
  let written: WrittenFiles
  /// What the answers to all conditions have in common: members beside the files.
  let head: Head
  /// How right the draws are; nil for those of a gallery, which are not checked so.
  var calibration: CalibrationNote?
  /// Of each condition.
  let results: [Result]
  /// What was drawn from, for people.
  let source: String
  /// The effective sample size of each condition.
  let sizes: [Double]

  private enum CodingKeys: CodingKey { case calibration, results }

  func encode(to encoder: any Encoder) throws {
    try written.encode(to: encoder)
    try head.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    if let calibration { try container.encode(calibration, forKey: .calibration) }
    try container.encode(results, forKey: .results)
  }

  var text: String {
    written.text(of: source, sizes: sizes) + (calibration.map { "\($0.sentence)\n" } ?? "")
  }
}
