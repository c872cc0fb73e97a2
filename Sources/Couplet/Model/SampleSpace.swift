import Files
import Torch

/// The set that the samples of one modality lie in: U or V (MATH §1).
///
/// It is what an encoder must know of the data before it sees them, and what new data must fit.
///
/// ```swift
/// SampleSpace.real(shape: [28, 28]).description   // "28 × 28"
/// try SampleSpace.labels(classes: 10).requireHolds(labels, at: "labels.npy")
/// ```
public enum SampleSpace: Hashable, Sendable, Codable {
  /// ℝ^shape: the data are real tensors of shape N × shape.
  case real(shape: [Int])
  /// {0, …, classes − 1}: the data are int64 tensors of shape N.
  case labels(classes: Int)

  /// The number of coordinates of a real sample; nil for labels.
  public var size: Int? {
    if case .real(let shape) = self { shape.reduce(1, *) } else { nil }
  }

  /// - Throws: `Failure` unless the rows of `data` lie in this set: of the same shape, or labels in range.
  public func requireHolds(_ data: Tensor, at place: String) throws {
    switch self {
    case .real(let shape):
      guard data.dtype.isFloatingPoint, data.rank >= 1, Array(data.shape.dropFirst()) == shape
      else {
        throw Failure(
          "the samples are \(data.dtype) of shape \(data.shape.dropFirst().product), not real "
            + "numbers of shape \(shape.product)", at: place,
          remedy: "give data of the same kind as those of the training")
      }
    case .labels(let classes):
      guard data.dtype == .int64, data.rank == 1 else {
        throw Failure(
          "\(data.dtype) of shape \(data.shape.product) are not labels", at: place,
          remedy: "give one whole number per sample, from 0 to \(classes - 1)")
      }
      guard let row = data.firstRow(outside: 0..<classes) else { return }
      throw Failure(
        "the label \(Int(data[row].item())) is out of range", at: "\(place) (row \(row))",
        remedy: "give labels from 0 to \(classes - 1)")
    }
  }
}

extension SampleSpace: CustomStringConvertible {
  /// `28 × 28`, `12`, `scalar` or `10 labels`.
  public var description: String {
    switch self {
    case .real(let shape): shape.product
    case .labels(let classes): "\(classes) labels"
    }
  }
}

extension Tensor {
  /// The first element of a vector of integers that is not in `range`.
  fileprivate func firstRow(outside range: Range<Int>) -> Int? {
    withElements(Int.self) { $0.firstIndex { !range.contains($0) } }
  }
}

extension Collection<Int> {
  /// Lengths of axes as text.
  fileprivate var product: String { isEmpty ? "scalar" : map(String.init).joined(separator: " × ") }
}
