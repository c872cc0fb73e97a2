import CoupletCore
import Figures
import Files
import SampleReaders

/// MNIST's pairs of an image and its digit.
struct Digits {
  /// How many labels there are.
  static let classes = 10

  /// As read.
  let data: Dataset
  let test: PairedData

  /// - Throws: `Failure` when the data bring no test pairs.
  init(_ data: Dataset) throws {
    guard let test = data.test else {
      throw Failure("there are no test images", at: data.name, remedy: "give MNIST's four files")
    }
    (self.data, self.test) = (data, test)
  }

  var training: PairedData { data.training }

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

/// MNIST's pairs made into others, as a kind of data that runs are trained on and evaluated with.
struct DigitFormat: DatasetFormat {
  let name: String
  private let change: @Sendable (PairedData) throws -> PairedData

  /// `mnist-halves:DIR`: u the left half of an image, v the right half.
  static let halves = DigitFormat(name: "mnist-halves") { try PairedData(halvesOf: try $0.u) }
  /// `mnist-seven:DIR`: the digits that `DigitTransfer` learns from, among the labels of all ten.
  static let seven = DigitFormat(name: "mnist-seven") { try $0.keeping(DigitTransfer.known) }

  func read(
    _ folder: String, _ options: DataOptions, report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset {
    let data = try MNIST.read(folder)
    return try Dataset(
      name: "\(name):\(folder)", training: change(data.training), test: data.test.map(change),
      files: data.files)
  }
}
