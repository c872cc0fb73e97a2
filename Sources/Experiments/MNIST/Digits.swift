import CoupletCore
import Figures

/// MNIST's pairs of an image and its digit.
struct Digits {
  /// How many labels there are.
  static let classes = 10

  let training: PairedData
  let test: PairedData

  /// How often each digit occurs among the training pairs, as fractions.
  func labelFrequencies() throws -> [Double] {
    let labels = try training.v.array(Int.self)
    return (0..<Digits.classes).map { digit in
      Double(labels.count { $0 == digit }) / Double(labels.count)
    }
  }

  /// A test image as ink on paper.
  func testImage(_ row: Int) throws -> GrayImage { .ink(try test.u[row]) }
}

extension GrayImage {
  /// An image in [0, 1], height × width, as ink on paper.
  static func ink(_ image: Tensor) -> GrayImage {
    GrayImage(
      width: image.shape[1], height: image.shape[0],
      values: image.to(.float64).array(Double.self), inverted: true)
  }
}

extension PairedData {
  /// The pairs whose label is one of `digits`, in their order.
  func keeping(_ digits: [Int]) throws -> PairedData {
    let rows = try v.array(Int.self).enumerated().filter { digits.contains($0.element) }
    return select(rows.map(\.offset))
  }
}
