import Couplet
import Files
import Foundation

/// MNIST (LeCun et al. 1998): u an image in [0, 1]^{28×28} (float32), v its digit (int64); 60,000
/// training and 10,000 test pairs (MATH §5.3).
///
/// Other sets of ten classes in files of the same names, such as Fashion-MNIST, are read the same way.
///
/// ```swift
/// let data = try MNIST.read("data/mnist")
/// data.training.u.shape   // [60000, 28, 28]
/// ```
public enum MNIST {
  /// Digits, or kinds of clothing.
  static let classes = 10

  /// Reads the four IDX files of a folder, gzipped or not.
  /// - Throws: `Failure` naming the file that is missing or damaged.
  public static func read(_ folder: String) throws -> Dataset {
    let training = try part("train", in: folder)
    let test = try part("t10k", in: folder)
    return try Dataset(
      name: "mnist:\(folder)", training: training, test: test,
      u: .real(shape: Array(training.u.shape.dropFirst())), v: .labels(classes: classes))
  }

  private static func part(_ name: String, in folder: String) throws -> PairedData {
    let imagePath = try find("\(name)-images-idx3-ubyte", in: folder)
    let labelPath = try find("\(name)-labels-idx1-ubyte", in: folder)
    let images = try pixels(imagePath, axes: 3, what: "images")
    let labels = try pixels(labelPath, axes: 1, what: "labels").to(.int64)
    try requireEqualCounts(images, imagePath, labels, labelPath)
    try SampleSpace.labels(classes: classes).requireHolds(labels, at: labelPath)
    return try PairedData(u: images.to(.float32) / 255, v: labels)
  }

  private static func pixels(_ path: String, axes: Int, what: String) throws -> Tensor {
    let array = try IDX.read(path)
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
