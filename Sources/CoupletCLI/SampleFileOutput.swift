import Arguments
import CoupletCore
import Figures
import Files
import Samples
import Tables

/// Where samples, or their moments, go, and in which form: a grid of images, or a table or array.
enum SampleFileOutput {
  case grid(String, channels: Int, height: Int, width: Int)
  case table(TableFile)

  /// Chooses the form by the file's name.
  init(_ path: String, space: SampleSpace, option: String, _ arguments: ParsedArguments) throws {
    guard path.hasSuffix(".png") else {
      self = .table(try AnswerTable.file(path, option, arguments, isArray: true))
      return
    }
    guard let (channels, height, width) = Self.image(space) else {
      throw UsageError(
        "samples of shape \(space) cannot be drawn", at: .setting(option, value: path),
        remedy: "name a \(TableFile.suffixes(isArray: true))")
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
    self = .table(try TableFile(path))
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

  /// Draws for some conditions.
  struct Draws {
    let modality: Modality
    let space: SampleSpace
    let conditions: RowNames
    /// The number of conditions, and of draws for each.
    let count, each: Int
    /// What drawn candidates are called; nil where draws are none.
    let candidates: RowNames?
    /// The draws for a condition, n × …, and the rows of candidates that they are.
    let draws: (_ condition: Int) throws -> (samples: Tensor, rows: [Int])
  }

  /// Writes the draws of each condition: as a table with a row for each draw, of which a format of one array holds the
  /// samples alone, with an axis for the conditions where there are several; or as images, one condition as a square
  /// and several as a row each.
  func write(_ draws: Draws) throws {
    switch self {
    case .table(let file): try Self.write(draws, to: file)
    case .grid(let path, let channels, let height, let width):
      try write(
        try (0..<draws.count).map { try draws.draws($0).samples }, to: path, channels: channels,
        height: height, width: width)
    }
  }

  private static func write(_ draws: Draws, to file: TableFile) throws {
    guard draws.count > 0 else { return }
    let first = try draws.draws(0).samples
    let modality = draws.modality.name
    // What a format of one array cannot hold as such it holds as places and as bytes.
    let labels = file.holdsArrayOnly ? nil : draws.space.labels.map { RowNames(Identifiers($0)) }
    let isText = !file.holdsArrayOnly && draws.space == .text
    let column =
      labels?.column(modality)
      ?? (isText
        ? .text(modality)
        : TableColumn(modality, first.dtype.elementType, shape: Array(first.shape.dropFirst())))
    let ids = draws.space.labels == nil ? draws.candidates : nil
    let schema = TableSchema(
      [draws.conditions.column("condition"), TableColumn("draw", .int64)]
        + (ids.map { [$0.column("id")] } ?? []) + [column],
      array: modality, rows: draws.count == 1 ? [draws.each] : [draws.count, draws.each])
    try file.write(schema) { write in
      for condition in 0..<draws.count {
        let (samples, rows) = try draws.draws(condition)
        let cells: TableCells =
          labels?.cells(samples.array(Int.self))
          ?? (isText ? .texts(TextSamples.decoded(samples)) : .numbers(samples.numericArray))
        let conditions = Array(repeating: condition, count: draws.each)
        try write(
          [draws.conditions.cells(conditions), .numbers(Array(1...draws.each))]
            + (ids.map { [$0.cells(rows)] } ?? []) + [cells])
      }
    }
  }

  private func write(
    _ draws: [Tensor], to path: String, channels: Int, height: Int, width: Int
  ) throws {
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

  private func grid(_ draws: [Tensor], _ image: (Tensor) -> GrayImage) -> GrayImage {
    let images = draws.flatMap { samples in (0..<samples.shape[0]).map { image(samples[$0]) } }
    let columns =
      draws.count == 1
      ? Int(Double(images.count).squareRoot().rounded(.up)) : draws[0].shape[0]
    return ImageGrid(images, columns: columns).image
  }

  /// Writes one result for each condition; as an array without an axis for the conditions when there is one.
  /// - Parameter name: of the column.
  func write(moments: [Tensor], _ name: String, of conditions: RowNames) throws {
    switch self {
    case .table(let file):
      guard let first = moments.first else { return }
      let schema = TableSchema(
        [
          conditions.column("condition"),
          TableColumn(name, first.dtype.elementType, shape: first.shape),
        ], array: name, rows: moments.count == 1 ? [] : [moments.count])
      try file.write(schema) { write in
        for (condition, moment) in moments.enumerated() {
          try write([
            conditions.cells([condition]), .numbers(moment.unsqueezed(0).numericArray),
          ])
        }
      }
    case .grid(let path, let channels, let height, let width):
      try write([stack(moments)], to: path, channels: channels, height: height, width: width)
    }
  }
}
