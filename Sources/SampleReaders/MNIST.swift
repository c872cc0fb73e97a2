import Files
import Foundation
import Samples
import Torch

/// MNIST (LeCun et al. 1998): u an image in [0, 1]^{28×28} (float32), v its digit; 60,000 training and 10,000 test
/// pairs (MATH §5.3).
///
/// Other sets in files of the same names are read the same way: Fashion-MNIST, and those with other numbers of
/// classes, such as EMNIST's letters, whose labels are 1 … 26.
///
/// ```swift
/// let data = try MNIST.read("data/mnist")
/// try data.training.u.shape   // [60000, 28, 28]
/// ```
public struct MNIST: DatasetFormat {
  /// The format has no settings.
  public init() {}

  /// `mnist`.
  public var name: String { "mnist" }

  /// The pairs of a folder; the options have nothing to say of IDX files.
  /// - Throws: `Failure` naming the file that is missing or damaged.
  public func read(
    _ folder: String, _ options: DataOptions, report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset {
    try MNIST.read(folder, report: report)
  }

  /// Reads the four IDX files of a folder, gzipped or not.
  /// - Throws: `Failure` naming the file that is missing or damaged.
  /// - Parameter report: told what is odd, one line each.
  public static func read(_ folder: String, report: (String) -> Void = { _ in }) throws -> Dataset {
    let training = try Part("train", in: folder, report)
    let test = try Part("t10k", in: folder, report)
    let labels = try labels(training, test)
    return try Dataset(
      name: "mnist:\(folder)", training: training.pairs(labels), test: test.pairs(labels),
      files: [training.paths, test.paths].flatMap { [$0.images, $0.labels] })
  }

  /// 0 … 9 where no label is larger; otherwise the whole numbers from the smallest label to the largest.
  /// - Throws: `Failure` when one between does not occur: then one that does is a slip.
  private static func labels(_ parts: Part...) throws -> LabelSet {
    let all = Set(parts.flatMap(\.labels))
    let (smallest, largest) = (all.min() ?? 0, all.max() ?? 0)
    guard largest >= 10 else { return LabelSet(count: 10) }
    if let gap = (smallest...largest).first(where: { !all.contains($0) }) {
      throw Failure(
        "the labels run from \(smallest) to \(largest), but \(gap) does not occur",
        at: parts[0].paths.labels, remedy: "give labels without gaps")
    }
    return LabelSet((smallest...largest).map(String.init))
  }

  /// The training or the test files.
  private struct Part {
    let images: Tensor
    let labels: [Int]
    let paths: (images: String, labels: String)

    init(_ name: String, in folder: String, _ report: (String) -> Void) throws {
      paths = (
        try MNIST.find("\(name)-images-idx3-ubyte", in: folder),
        try MNIST.find("\(name)-labels-idx1-ubyte", in: folder)
      )
      images = try MNIST.bytes(paths.images, axes: 3, what: "images", report).to(.float32) / 255
      labels = try MNIST.bytes(paths.labels, axes: 1, what: "labels", report).to(.int64).array(
        Int.self)
    }

    func pairs(_ set: LabelSet) throws -> PairedData {
      let places = set.places
      return try PairedData(
        u: TensorSamples(images, name: paths.images),
        v: LabelSamples(
          set, places: labels.map { places[String($0)] ?? 0 }, name: paths.labels))
    }
  }

  private static func bytes(
    _ path: String, axes: Int, what: String, _ report: (String) -> Void
  ) throws -> Tensor {
    // Bytes, and the numbers that they become.
    let promised = Memory.bytes(try IDX.open(path).header.shape)
    try Memory.require(
      Memory.bytes([promised], of: 9), for: "\(promised) bytes of \(what)", at: .file(path),
      remedy: "give a smaller file")
    let array = try IDX.read(path)
    Inflation.report(array.bytes.count, from: try MappedFile(path).count, of: path, report)
    guard array.elementType == .uint8, array.rank == axes, array.count > 0 else {
      throw Failure(
        "\(array.elementType) of shape \(array.shape) are not \(what)", at: path,
        remedy: "give MNIST's own files: bytes with \(axes) \(axes == 1 ? "axis" : "axes")")
    }
    return try Tensor(array, name: path)
  }

  /// The path of a file under the names it goes by.
  private static func find(_ name: String, in folder: String) throws -> String {
    let dotted = name.replacingOccurrences(of: "-idx", with: ".idx")
    let paths = [name, "\(name).gz", dotted, "\(dotted).gz"].map { "\(folder)/\($0)" }
    guard let path = paths.first(where: FileManager.default.fileExists) else {
      throw Failure(
        "there is no \(name), gzipped or not", at: folder,
        remedy: "scripts/fetch-mnist.sh \(folder) downloads MNIST's four files")
    }
    return path
  }
}
