import Arguments
import Couplet
import Figures
import Files

/// `couplet sample`: draws from a learned conditional.
enum Sample {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let of = Argument.required("of", .choice(of: Modality.self), "what is drawn")
  private static let given = Argument.required(
    "given", .text("VALUE"), "the condition: a label, the row of a test pair, or one sample as .npy"
  )
  private static let count = Argument.option(
    "count", short: "n", .integer(in: 1...), default: 16, "how many draws")
  private static let distinct = Argument.flag(
    "without-replacement", "draw no candidate twice")
  private static let out = Argument.required(
    "out", .file, "where to write: an image grid as .png, or the samples as .npy")

  static let command = Command(
    "sample", "Draws what u could be given a v, or v given a u.",
    discussion: """
      The draws are taken from the samples of the test pairs, each with its learned probability \
      given the condition. The effective sample size says how many of them carry the answer: near \
      1, all draws are the same sample.
      """,
    [.init("Run", [run]), .init("Draws", [of, given, count, distinct, out])],
    examples: [
      .init("couplet sample runs/mnist --of u --given 7 --out sevens.png", "sixteen sevens"),
      .init(
        "couplet sample runs/field --of v --given 0 --count 1000 --out v.npy --seed 1",
        "what v could be, given the u of the first test pair"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let trained = try TrainedRun(arguments[run], device: common.device)
    let of = arguments[of]
    let file = try SampleOutput(arguments[out], space: trained.space(of))
    let (pairs, _) = try trained.testPairs(nil)
    let given = try trained.condition(of.partner, arguments[given], pairs: pairs)
    guard given.shape[0] == 1 else {
      throw UsageError(
        "the file holds \(given.shape[0]) samples", at: "--given", remedy: "give one condition")
    }
    let gallery = trained.gallery(of, of: pairs)
    let candidates = gallery.candidates.shape[0]
    guard !arguments[distinct] || arguments[count] <= candidates else {
      throw UsageError(
        "there are only \(candidates) candidates", at: "--count",
        remedy: "draw fewer, or leave out --without-replacement")
    }
    let conditional = trained.coupling.conditional(
      of, given: given, among: gallery.candidates, weights: gallery.weights)
    let indices =
      arguments[distinct]
      ? conditional.sampleWithoutReplacement(arguments[count], key: common.key)
      : conditional.sample(arguments[count], key: common.key)
    try file.write(gallery.candidates.indexSelect(Tensor(indices)))
    let size = conditional.effectiveSampleSize
    try Console.show(
      [
        "file": .string(arguments[out]), "indices": .array(indices),
        "candidates": .integer(candidates), "effectiveSampleSize": .number(size),
      ],
      text: "\(arguments[out]): \(indices.count) of \(candidates) candidates; "
        + "effective sample size \(size.short)\n",
      as: common)
  }
}

/// Where samples go, and in which form: a grid of images, or an array.
private enum SampleOutput {
  case grid(String, height: Int, width: Int)
  case array(String)

  /// Chooses the form by the file's name.
  init(_ path: String, space: SampleSpace) throws {
    if path.hasSuffix(".npy") {
      self = .array(path)
      return
    }
    guard path.hasSuffix(".png") else {
      throw UsageError(
        "the file's name ends neither in .png nor in .npy", at: "--out \(path)",
        remedy: "name a .png for images, a .npy for anything")
    }
    guard case .real(let shape) = space, let (height, width) = Self.image(shape) else {
      throw UsageError(
        "samples of shape \(space) are no images", at: "--out \(path)", remedy: "name a .npy file")
    }
    self = .grid(path, height: height, width: width)
  }

  private static func image(_ shape: [Int]) -> (height: Int, width: Int)? {
    let axes = shape.count == 3 && shape[0] == 1 ? Array(shape.dropFirst()) : shape
    return axes.count == 2 ? (axes[0], axes[1]) : nil
  }

  func write(_ samples: Tensor) throws {
    switch self {
    case .array(let path): try Npy.write(samples.numericArray, to: path)
    case .grid(let path, let height, let width):
      let images = (0..<samples.shape[0]).map {
        GrayImage(width: width, height: height, values: samples[$0].flattened().array(Double.self))
      }
      let columns = Int(Double(images.count).squareRoot().rounded(.up))
      let grid = ImageGrid(images, columns: columns).image
      try AtomicFile.write(
        PNG.encode(grid.pixels, width: grid.width, height: grid.height), to: path)
    }
  }
}
