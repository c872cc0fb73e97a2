import Arguments
import CoupletCore
import Figures
import Files

/// Where samples go, and in which form: a grid of images, or an array.
enum SampleFileOutput {
  case grid(String, channels: Int, height: Int, width: Int)
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
    guard let (channels, height, width) = Self.image(space) else {
      throw UsageError(
        "samples of shape \(space) cannot be drawn", at: .setting(option, value: path),
        remedy: "name a .npy file")
    }
    self = .grid(path, channels: channels, height: height, width: width)
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

  /// Grey or coloured images, and matrices as grey ones.
  private static func image(_ space: SampleSpace) -> (channels: Int, height: Int, width: Int)? {
    switch space {
    case .real(let shape) where shape.count == 2: return (1, shape[0], shape[1])
    case .real(let shape) where shape.count == 3 && shape[0] == 1: return (1, shape[1], shape[2])
    case .image(let shape) where shape.count == 3 && [1, 3].contains(shape[0]):
      return (shape[0], shape[1], shape[2])
    default: return nil
    }
  }

  /// Writes the draws of each condition, n × … each: as one array, with an axis for the conditions where there
  /// are several; or as images, one condition as a square and several as a row each.
  func write(_ draws: [Tensor]) throws {
    switch self {
    case .array(let path):
      try Npy.write(
        (draws.count == 1 ? draws[0] : stack(draws)).numericArray, to: path, links: .followed)
    case .grid(let path, let channels, let height, let width):
      let grids = (0..<channels).map { channel in
        grid(draws) { sample in
          let values = sample.reshaped([channels, -1])[channel].to(.float64).array(Double.self)
          return GrayImage(width: width, height: height, values: values)
        }
      }
      // A pixel is a byte of each channel.
      let pixels = grids[0].pixels.indices.flatMap { place in grids.map { $0.pixels[place] } }
      try AtomicFile.write(
        PNG.encode(
          pixels, width: grids[0].width, height: grids[0].height,
          colour: channels == 1 ? .grey : .rgb), to: path, links: .followed)
    }
  }

  private func grid(_ draws: [Tensor], _ image: (Tensor) -> GrayImage) -> GrayImage {
    let images = draws.flatMap { samples in (0..<samples.shape[0]).map { image(samples[$0]) } }
    let columns =
      draws.count == 1
      ? Int(Double(images.count).squareRoot().rounded(.up)) : draws[0].shape[0]
    return ImageGrid(images, columns: columns).image
  }

  /// Writes one result for each condition; without an axis for the conditions when there is one.
  func write(moments: [Tensor]) throws {
    switch self {
    case .array(let path):
      try Npy.write(
        (moments.count == 1 ? moments[0] : stack(moments)).numericArray, to: path, links: .followed)
    case .grid: try write([stack(moments)])
    }
  }
}
