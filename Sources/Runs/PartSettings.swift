import CoupletCore
import Files
import Foundation

/// Which pairs make a part that is kept from training: a fraction of all pairs, drawn by the seed, or the rows that a
/// file names.
///
/// ```swift
/// try PartSettings("0.1")        // .fraction(0.1)
/// try PartSettings("test.npy")   // .rows("test.npy")
/// try PartSettings("none")       // .fraction(0)
/// ```
public enum PartSettings: TextForm {
  /// A part of all pairs, at least 0 and below 1.
  case fraction(Double)
  /// A file of whole numbers, rows of the user's files from 0: `.npy`, or text with one in a line.
  case rows(String)

  /// No pairs.
  public static let none = PartSettings.fraction(0)

  /// - Throws: `Failure` when a number is no fraction.
  public init(_ text: String) throws {
    guard text != "none" else {
      self = .none
      return
    }
    guard let number = Double(text) else {
      self = .rows(try ValueKind.file.parse(text))
      return
    }
    guard (0..<1).contains(number) else {
      throw Failure(
        "'\(text)' is not a fraction",
        remedy: "give a number from 0 and below 1, a file of rows, or none"
      )
    }
    self = .fraction(number)
  }

  /// The text that gives the value back.
  public var description: String {
    switch self {
    case .fraction(let fraction): "\(fraction)"
    case .rows(let file): file
    }
  }

  /// The same with the path of a file from whatever folder a command is run in.
  var absolute: PartSettings {
    if case .rows(let file) = self { .rows(Folder.absolute(file)) } else { self }
  }

  /// The numbers in a file of rows.
  /// - Throws: `Failure` when the file cannot be read, or holds anything else.
  static func numbers(in file: String) throws -> [Int] {
    if file.hasSuffix(".npy") { return try Npy.read(file).integers(name: file) }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Failure.system("cannot be read", at: file)
    }
    return try String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
      .enumerated().map { place, word in
        guard let row = Int(word) else {
          throw Failure(
            "'\(word)' is no row", at: .file(file, field: "number \(place + 1)"),
            remedy: "give whole numbers from 0, one in a line, or .npy")
        }
        return row
      }
  }
}

extension PairedData {
  /// Fewer pairs than this get no validation part unless one is asked for: their loss would say too little.
  static let fewestForValidation = 200

  /// The places of rows of the user's files among these pairs; rows that were left out for missing values are passed
  /// over.
  /// - Throws: `Failure` naming a row that the data do not have, or that is named twice.
  func places(ofRows rows: [Int], at file: String) throws -> [Int] {
    let known = fileRows.map { known in
      Dictionary(known.enumerated().map { ($1, $0) }) { first, _ in first }
    }
    let end = fileRows.map { ($0.max() ?? -1) + 1 } ?? count
    var seen: Set<Int> = []
    return try rows.compactMap { row in
      guard (0..<end).contains(row), seen.insert(row).inserted else {
        throw Failure(
          "it names row \(row), which the data "
            + ((0..<end).contains(row) ? "have once only" : "do not have"), at: file,
          remedy: "give rows from 0 to \(end - 1), each once")
      }
      return known.map { $0[row] } ?? row
    }
  }

  /// These pairs without a part of them, and the part; nil for a part of fewer than two independent pairs, which
  /// measures nothing.
  func apart(_ part: PartSettings, of whole: Int, key: Key) throws -> (
    rest: PairedData, part: PairedData
  )? {
    switch part {
    case .fraction(let fraction):
      guard fraction > 0, pairsPerEpoch >= 2 || groups != nil else { return nil }
      let share = min(fraction * Double(whole) / Double(count), 1)
      let (rest, part) = try split(heldOut: share, key: key)
      return part.pairsPerEpoch < 2 ? nil : (rest, part)
    case .rows(let file):
      let places = try places(ofRows: PartSettings.numbers(in: file), at: file)
      let taken = Set(places)
      let rest = (0..<count).filter { !taken.contains($0) }
      guard !rest.isEmpty else {
        throw Failure("it leaves no pair to learn from", at: file, remedy: "name fewer rows")
      }
      return places.isEmpty ? nil : (select(rest), select(places))
    }
  }
}

extension RunConfiguration {
  /// The pairs to learn from, to validate and to test with: a new draw, for a run that begins; one that is there has
  /// its own (`RunDirectory.parts`).
  ///
  /// Test pairs are those that the data bring, or drawn first; validation pairs are drawn from what is left, a tenth of
  /// all pairs where nothing is said and there are at least 200. A part of fewer than two independent pairs is none.
  /// - Throws: `Failure` when labels or a file of rows cannot be read, or all pairs are of one group.
  public func parts(of data: Dataset) throws -> PairParts {
    var parts = PairParts(training: data.training, test: data.test)
    let count = data.training.count
    if let test, data.test != nil {
      throw Failure(
        "\(data.name) brings test pairs", at: .setting("test", value: test), remedy: "leave it out")
    }
    if data.test == nil,
      let (rest, test) = try parts.training.apart(
        test.map(PartSettings.rows) ?? .fraction(heldOut), of: count, key: key(.heldOut))
    {
      (parts.training, parts.test) = (rest, test)
    }
    let fewest = PairedData.fewestForValidation
    let isPossible = count >= fewest && parts.training.pairsPerEpoch >= 4
    let wanted = validation ?? (isPossible ? .fraction(0.1) : PartSettings.none)
    if case .fraction(let fraction) = wanted, data.test == nil, test == nil,
      fraction + heldOut >= 1
    {
      throw Failure(
        "with \(heldOut) held out for tests no pair is left to learn from",
        at: .setting("validation", value: wanted.description), remedy: "give a smaller fraction")
    }
    if let (rest, validation) = try parts.training.apart(
      wanted, of: count, key: key(.validation))
    {
      (parts.training, parts.validation) = (rest, validation)
    }
    return parts
  }
}
