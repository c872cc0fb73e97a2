import Files
import Foundation
import Torch

// What a column is taken for.
//
// One column is labels if it is text, or whole numbers (of any type) in at most max(20, √N) distinct values that each
// occur at least twice; several columns are real numbers.

extension RawSamples {
  /// The samples with their space decided: as the options say, or by the rule above.
  /// - Throws: `Failure` when the data are not what the options say they are.
  package func settled(_ options: SampleOptions) throws -> any SampleSource {
    switch self {
    case .settled(let source): return try RawSamples.require(options.space, of: source)
    case .strings(let cells, let missing, let name):
      switch options.space {
      case .text: return TextSamples(cells, missingRows: missing, name: name)
      case nil, .labels:
        if options.space == nil, !RawSamples.repeatsEnough(cells) {
          return TextSamples(cells, missingRows: missing, name: name)
        }
        return LabelSamples(cells, missingRows: missing, name: name)
      case .real, .image:
        throw Failure(
          "the cells are text, not numbers", at: name, remedy: "take them for labels or text")
      }
    case .numbers(let source):
      switch options.space {
      case .text:
        throw Failure(
          "numbers are not text", at: source.name, remedy: "take them for real or labels")
      case .image: return try ImageArray(source)
      case .real: return try RealNumbers.of(source)
      case .labels: return try RawSamples.labels(source, required: true) ?? RealNumbers.of(source)
      case nil: return try RawSamples.labels(source, required: false) ?? RealNumbers.of(source)
      }
    }
  }

  private static func require(_ choice: SampleOptions.SpaceChoice?, of source: any SampleSource)
    throws -> any SampleSource
  {
    let found: SampleOptions.SpaceChoice =
      switch source.space {
      case .real: .real
      case .labels: .labels
      case .image: .image
      case .text: .text
      }
    guard choice == nil || choice == found else {
      throw Failure(
        "these samples are \(found.rawValue), not \(choice?.rawValue ?? "")", at: source.name,
        remedy: "leave out the choice of a space")
    }
    return source
  }

  /// The most distinct values that labels have where nothing else is said.
  static func mostLabels(of count: Int) -> Int { max(20, Int(Double(count).squareRoot())) }

  private static func repeatsEnough<Value: Hashable>(_ values: [Value]) -> Bool {
    var counts: [Value: Int] = [:]
    let most = mostLabels(of: values.count)
    for value in values {
      counts[value, default: 0] += 1
      if counts.count > most { return false }
    }
    return counts.values.allSatisfy { $0 >= 2 }
  }

  /// The labels that one column of whole numbers holds; nil when it holds none and none are required.
  private static func labels(_ source: any SampleSource, required: Bool) throws
    -> (any SampleSource)?
  {
    guard source.space.size == 1 else {
      guard required else { return nil }
      throw Failure(
        "samples of shape \(source.space) are no labels", at: source.name,
        remedy: "give one label a sample: one column, or an array of shape (N,) or (N, 1)")
    }
    var values: [Int] = []
    values.reserveCapacity(source.count)
    var distinct: Set<Int> = []
    let most = required ? LabelSet.largest : mostLabels(of: source.count)
    var isLabels = true
    try source.forEachBlock(of: 1 << 16) { range, block in
      guard isLabels else { return }
      for (offset, number) in block.flattened().to(.float64).array(Double.self).enumerated() {
        // Whole numbers that a float holds exactly.
        guard let value = Int(exactly: number), abs(number) <= 0x1p53 else {
          isLabels = false
          guard required else { return }
          throw Failure(
            "\(number) is not a whole number",
            at: "\(source.name) (row \(range.lowerBound + offset))",
            remedy: "give labels as text or as whole numbers")
        }
        values.append(value)
        distinct.insert(value)
        if distinct.count > most {
          isLabels = false
          return
        }
      }
    }
    guard isLabels else { return nil }
    guard required || repeatsEnough(values) else { return nil }
    let sorted = distinct.sorted()
    let places = Dictionary(uniqueKeysWithValues: sorted.enumerated().map { ($1, $0) })
    return LabelSamples(
      LabelSet(sorted.map(String.init)), places: values.map { places[$0] ?? 0 },
      missingRows: source.missingRows, name: source.name)
  }
}
