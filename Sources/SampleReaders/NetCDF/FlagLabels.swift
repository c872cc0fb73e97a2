import Files
import Samples

/// Flag values with their meanings (CF 1.11, section 3.5): whole numbers that stand for names.
struct FlagLabels {
  let labels: LabelSet
  private let places: [Double: Int]

  /// nil when the variable has no flags.
  /// - Throws: `Failure` when values and meanings do not fit, or flags are bits.
  init?(_ variable: NetCDFFile.Variable, in file: NetCDFFile) throws {
    func refused(_ what: String, _ remedy: String) -> Failure {
      Failure("\(what) of '\(variable.name)'", at: file.path, remedy: remedy)
    }
    guard try file.attribute("flag_masks", of: variable) == nil else {
      throw refused(
        "flag_masks: bits that stand for several names at once",
        "take the numbers for real: --space")
    }
    guard let meanings = try file.attribute("flag_meanings", of: variable) else { return nil }
    guard case .text(let texts) = meanings else {
      throw refused("flag_meanings are no text", "write names with blanks between them")
    }
    let names = texts.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    guard case .numbers(let values, _)? = try file.attribute("flag_values", of: variable) else {
      throw refused("flag_values, which flag_meanings are about, are no numbers", "write numbers")
    }
    guard values.count == names.count, Set(values).count == values.count,
      Set(names).count == names.count, !names.isEmpty
    else {
      throw refused(
        "\(values.count) flag_values and \(names.count) flag_meanings",
        "write as many names as numbers, all different")
    }
    labels = LabelSet(names)
    places = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
  }

  func place(of value: Double) -> Int? { places[value] }
}
