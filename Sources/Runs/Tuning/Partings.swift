import CoupletCore
import Files

/// The pairs that training and validation have together, parted again and again: settings that are best on one draw of few
/// validation pairs need not be the best.
struct Partings {
  /// Those of the run.
  let own: PairParts
  private let all: PairedData
  private let key: Key

  init(_ data: Dataset, _ parts: PairParts, seed: UInt64) {
    (own, all) = (parts, data.training)
    key = Key(seed).folded(with: Partings.draw)
  }

  /// A use of the seed besides `RunConfiguration.Draw` and the trainer's.
  private static let draw = 0x7061_7274

  /// The parting of a number: 0 for the run's own, others drawn with validation parts of the same size.
  /// - Throws: `Failure` when labels cannot be read, or all pairs are of one group.
  subscript(number: Int) -> PairParts {
    get throws {
      guard number > 0, let validation = own.validation else { return own }
      let places = all.fileRows.map { rows in
        Dictionary(rows.enumerated().map { ($1, $0) }) { first, _ in first }
      }
      // The parts are views of these pairs, so that every row has a place.
      let rows = [own.training, validation].flatMap { part in
        (0..<part.count).map { place in
          let row = part.fileRow(place)
          return places?[row] ?? row
        }
      }
      let both = all.select(rows.sorted())
      let (training, other) = try both.split(
        heldOut: Double(validation.count) / Double(both.count), key: key.folded(with: number))
      return PairParts(training: training, validation: other, test: own.test)
    }
  }
}
