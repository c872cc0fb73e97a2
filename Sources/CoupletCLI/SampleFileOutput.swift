import Arguments
import CoupletCore
import Figures
import Files

/// Where samples go, and in which form: a grid of images, or an array.
enum SampleFileOutput {
  case grid(String, height: Int, width: Int)
  case array(String)

  /// Chooses the form by the file's name.
  init(_ path: String, space: SampleSpace, option: String) throws {
    if path.hasSuffix(".npy") {
      self = .array(path)
      return
    }
    guard path.hasSuffix(".png") else {
      throw UsageError(
        "the file's name ends neither in .png nor in .npy", at: .setting(option, value: path),
        remedy: "name a .png for images, a .npy for anything")
    }
    guard case .real(let shape) = space, let (height, width) = Self.image(shape) else {
      throw UsageError(
        "samples of shape \(space) are no images", at: .setting(option, value: path),
        remedy: "name a .npy file")
    }
    self = .grid(path, height: height, width: width)
  }

  /// An array, which is all that some results can be.
  init(array path: String, option: String) throws {
    guard path.hasSuffix(".npy") else {
      throw UsageError(
        "the file's name does not end in .npy", at: .setting(option, value: path),
        remedy: "name a .npy file")
    }
    self = .array(path)
  }

  private static func image(_ shape: [Int]) -> (height: Int, width: Int)? {
    let axes = shape.count == 3 && shape[0] == 1 ? Array(shape.dropFirst()) : shape
    return axes.count == 2 ? (axes[0], axes[1]) : nil
  }

  /// Writes the draws of each condition, n × … each: as one array, with an axis for the conditions where there
  /// are several; or as images, one condition as a square and several as a row each.
  func write(_ draws: [Tensor]) throws {
    switch self {
    case .array(let path):
      try Npy.write((draws.count == 1 ? draws[0] : stack(draws)).numericArray, to: path)
    case .grid(let path, let height, let width):
      let images = draws.flatMap { samples in
        (0..<samples.shape[0]).map {
          GrayImage(
            width: width, height: height,
            values: samples[$0].flattened().to(.float64).array(Double.self))
        }
      }
      let columns =
        draws.count == 1
        ? Int(Double(images.count).squareRoot().rounded(.up)) : draws[0].shape[0]
      let grid = ImageGrid(images, columns: columns).image
      try AtomicFile.write(
        PNG.encode(grid.pixels, width: grid.width, height: grid.height), to: path)
    }
  }

  /// Writes one result for each condition; without an axis for the conditions when there is one.
  func write(moments: [Tensor]) throws {
    switch self {
    case .array(let path):
      try Npy.write((moments.count == 1 ? moments[0] : stack(moments)).numericArray, to: path)
    case .grid: try write([stack(moments)])
    }
  }
}
