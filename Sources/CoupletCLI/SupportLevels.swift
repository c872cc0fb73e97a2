import CoupletCore
import Runs
import Samples

/// The levels of support of conditions, a block at a time as their answers come.
final class SupportLevels {
  private let given: any SampleSource
  private let isTogether: Bool
  private let levels: (any SampleSource) throws -> [Double]?
  private var block = 0..<0
  private var found: [Double]? = []

  init(of given: any SampleSource, _ question: Question) {
    self.given = given
    isTogether = question.isTogether
    let runs = question.runs
    let partner = question.trained.coupling.partner(of: question.modality)
    // Of several runs the strangest level of each condition counts.
    levels = { samples in
      let all = try runs.compactMap {
        try $0.support?.levels(of: samples, partner, in: $0.coupling)
      }
      guard let first = all.first else { return nil }
      return first.indices.map { row in all.map { $0[row] }.min() ?? 1 }
    }
  }

  /// The level of a condition; of all, where they are observations of one cause.
  func callAsFunction(_ row: Int) throws -> Double? {
    guard !isTogether else {
      return try levels(given)?.min().map { min(1, Double(given.count) * $0) }
    }
    if !block.contains(row) {
      block = row..<min(row + 1024, given.count)
      found = try levels(TensorSamples(given.rows(block), space: given.space))
    }
    return found?[row - block.lowerBound]
  }
}
