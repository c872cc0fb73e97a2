import Files
import Torch

/// The set that the samples of one modality lie in: U or V (MATH §1).
///
/// It is what an encoder must know of the data before it sees them, and what new data must fit.
///
/// ```swift
/// SampleSpace.real(shape: [28, 28]).description   // "28 × 28"
/// try SampleSpace.labels(count: 10).requireHolds(labels, at: "labels.npy")
/// ```
public enum SampleSpace: Hashable, Sendable, Codable {
  /// ℝ^shape: a batch is a real tensor n × shape.
  case real(shape: [Int])
  /// A finite set: a batch is an int64 tensor of n places in it.
  case labels(LabelSet)
  /// Images of `shape` channels × height × width: a batch is a real tensor n × shape with values in [0, 1].
  case image(shape: [Int])
  /// Texts: a batch is a uint8 tensor n × length of UTF-8 bytes, padded with 0 to the longest of the batch.
  case text

  /// In a file: `{"labels": {"set": {"classes": 10}}}`.
  private enum LabelsCodingKeys: String, CodingKey {
    case _0 = "set"
  }

  /// The labels 0 … count − 1.
  public static func labels(count: Int) -> SampleSpace { .labels(LabelSet(count: count)) }

  /// The shape of a sample that is an array of real numbers; nil for labels and texts.
  public var shape: [Int]? {
    switch self {
    case .real(let shape), .image(let shape): shape
    case .labels, .text: nil
    }
  }

  /// The number of coordinates of a sample that is an array of real numbers; nil for labels and texts.
  public var size: Int? { shape.map { Memory.bytes($0) } }

  /// The labels; nil for other spaces.
  public var labels: LabelSet? { if case .labels(let labels) = self { labels } else { nil } }

  /// - Throws: `Failure` unless the rows of `data` lie in this set: of the same shape, or labels in range.
  public func requireHolds(_ data: Tensor, at place: String) throws {
    switch self {
    case .real(let shape), .image(let shape):
      guard data.rank >= 1, Array(data.shape.dropFirst()) == shape else {
        throw Failure(
          "the samples are \(data.dtype) of shape \(data.shape.dropFirst().product), not real "
            + "numbers of shape \(shape.product)", at: place,
          remedy: "give data of the same kind as those of the training")
      }
    case .labels(let labels):
      guard data.dtype == .int64, data.rank == 1 else {
        throw Failure(
          "\(data.dtype) of shape \(data.shape.product) are not labels", at: place,
          remedy: "give one whole number per sample, from 0 to \(labels.count - 1)")
      }
      guard let row = data.firstRow(outside: 0..<labels.count) else { return }
      throw Failure(
        "the label \(data[row].array(Int.self)[0]) is out of range", at: "\(place) (row \(row))",
        remedy: "give labels from 0 to \(labels.count - 1)")
    case .text:
      guard data.dtype == .uint8, data.rank == 2 else {
        throw Failure(
          "\(data.dtype) of shape \(data.shape.product) are not texts", at: place,
          remedy: "give texts, one per line or in a column of a table")
      }
    }
  }
}

extension SampleSpace {
  /// In a sentence: `vectors of 3 numbers`, `numbers`, `arrays of 28 × 28`, `10 labels`, `images of 3 × 32 × 32` or `texts`.
  public var inWords: String {
    guard case .real(let shape) = self else { return description }
    return switch shape.count {
    case 0: "numbers"
    case 1: shape[0] == 1 ? "vectors of 1 number" : "vectors of \(shape[0]) numbers"
    default: "arrays of \(self)"
    }
  }
}

extension SampleSpace: CustomStringConvertible {
  /// `28 × 28`, `scalar`, `10 labels`, `images of 3 × 32 × 32` or `texts`.
  public var description: String {
    switch self {
    case .real(let shape): shape.product
    case .labels(let labels): "\(labels.count) labels"
    case .image(let shape): "images of \(shape.product)"
    case .text: "texts"
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
