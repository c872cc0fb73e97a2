import Files
import Torch

/// The range of real numbers or of images that a model was trained on: from it follows which later samples lie far
/// outside.
///
/// Each coordinate of a vector has its own; the numbers of an array or an image, which share a unit, have one.
///
/// ```swift
/// let range = try SampleRange(of: samples)
/// range?.strangers(among: queries)   // "2 of 10 samples …", or nil
/// ```
public struct SampleRange: Codable, Equatable, Sendable {
  /// Of each coordinate, or one for all.
  public let lower: [Double]
  /// Of each coordinate, or one for all.
  public let upper: [Double]

  /// Vectors with more coordinates have one range for all.
  static let mostCoordinates = 4096

  /// From evenly spaced samples; nil for labels and texts.
  /// - Throws: `Failure` when they cannot be read.
  public init?(of samples: any SampleSource) throws {
    guard let shape = samples.space.shape, samples.space.labels == nil, samples.count > 0 else {
      return nil
    }
    let statistics = ColumnStatistics(try samples.spread().to(.float64))
    let minimum = statistics.minimum.array(Double.self)
    let maximum = statistics.maximum.array(Double.self)
    guard shape.count > 1 || minimum.count > SampleRange.mostCoordinates else {
      (lower, upper) = (minimum, maximum)
      return
    }
    guard let least = minimum.min(), let largest = maximum.max() else { return nil }
    (lower, upper) = ([least], [largest])
  }

  /// What is said of samples with a number farther from the range than the range is wide, and than a constant
  /// coordinate's own size; nil when there are none.
  /// - Parameter samples: N × ….
  public func strangers(among samples: Tensor) -> String? {
    let rows = samples.to(.float64).reshaped([samples.shape[0], -1])
    guard rows.count > 0, lower.count == 1 || lower.count == rows.shape[1] else { return nil }
    let (low, high) = (Tensor(lower), Tensor(upper))
    let width = (high - low).maximum((high - low).equal(to: 0).to(.float64) * high.abs())
    let isFar = rows.less(than: low - width).or(rows.greater(than: high + width))
    let far = isFar.to(.float64)
    let counts = far.sum(dim: 1).array(Double.self)
    guard let row = counts.firstIndex(where: { $0 > 0 }) else { return nil }
    let column = Int(far[row].argmax(dim: 0).item())
    let place = lower.count == 1 ? 0 : column
    let value = rows[row].array(Double.self)[column]
    let range = "\(short(lower[place])) to \(short(upper[place]))"
    return
      "\(counts.count { $0 > 0 }) of \(counts.count) samples lie far outside what the run was trained on: "
      + "row \(row) has \(short(value)) at place \(column), the training \(range) — check that they are scaled as the "
      + "training data were"
  }

  private func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e6 ? "\(Int(value))" : "\(Float(value))"
  }
}

extension SampleSource {
  /// At most about `numbers` numbers of the samples, evenly spaced rows of them where there are more; of 64 times as
  /// many and more, evenly spaced runs of 64 rows, which a disk reads in as much time as one.
  public func spread(numbers: Int = 1 << 22) throws -> Tensor {
    let most = max(min(count, 256), numbers / max(1, space.size ?? 1))
    guard count > most else { return try all() }
    let run = 64
    guard count / most >= run else { return try rows((0..<most).map { $0 * (count / most) }) }
    let step = count / (most / run)
    return cat(try (0..<(most / run)).map { try rows(($0 * step)..<($0 * step + run)) })
  }

  /// Says of the first column whose numbers are known to more digits than single precision keeps, so that rounding moves
  /// them by more than a thousandth of their standard deviation; nil when there is none.
  /// - Throws: `Failure` when the samples cannot be read.
  public func lossOfRounding() throws -> String? {
    guard let shape = space.shape, space.labels == nil, !shape.isEmpty,
      [.float64, .int64].contains(try rows(0..<min(1, count)).dtype)
    else { return nil }
    let sample = try spread()
    let statistics = ColumnStatistics(sample)
    let deviations = statistics.standardDeviation.array(Double.self)
    let largest = statistics.maximum.abs().maximum(statistics.minimum.abs()).array(Double.self)
    // Half a unit in the last of 24 binary places.
    guard
      let column = deviations.indices.first(where: {
        deviations[$0] > 0 && largest[$0] * 0x1p-24 > 1e-3 * deviations[$0]
      })
    else { return nil }
    let name = column < columns.count ? "'\(columns[column])'" : "\(column)"
    return
      "column \(name) of \(self.name) has values of \(Float(largest[column])) that differ by about "
      + "\(Float(deviations[column])): single precision loses more than a thousandth of that"
  }
}
