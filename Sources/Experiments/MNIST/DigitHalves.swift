import CoupletCore
import DiagnosticFigures
import Encoders
import Figures
import Files
import Runs
import Training

extension Experiment {
  /// Left and right halves of the same digit: continuous data on both sides, and many right halves that
  /// would fit.
  static let digitHalves = Experiment(
    "mnist-halves", .mnist, "which right half belongs to a left half"
  ) { workshop in
    let digits = try workshop.digits()
    let halves = try workshop.digits(DigitFormat.halves.name)
    let study = HalvesStudy(
      coupling: try HalvesRun(workshop, on: halves.data).fit(workshop, digits, halves),
      test: halves.test, labels: try digits.test.v.array(Int.self), data: halves.data,
      key: workshop.key(DigitKey.halves.rawValue))
    return try study.findings(in: workshop)
  }
}

/// All that makes the coupling of the halves.
struct HalvesRun {
  /// What its `config.json` holds.
  let settings: RunConfiguration
  /// Of the hidden layers of both perceptrons.
  let widths: [Int]
  /// The whole images are shifted by up to so many pixels before they are cut, anew in every epoch
  let shift = 1
  /// but in the last ones.
  let unshiftedEpochs: Int

  init(_ workshop: Workshop, on data: Dataset) throws {
    widths = workshop.isQuick ? [512, 512] : [1024, 1024]
    unshiftedEpochs = workshop.isQuick ? 1 : 6
    var settings = workshop.settings(.mnist, on: data)
    for place in settings.sides.indices {
      settings.sides[place].encoder = try EncoderSettings(
        "centred-mlp:" + widths.map(String.init).joined(separator: ","))
    }
    settings.optimizer = try OptimizerChoice("adamw:weight-decay=0.05")
    settings.learningRate = workshop.isQuick ? 2e-3 : 3e-3
    settings.schedule = .cosine(warmup: 0.05)
    settings.batch = 1024
    settings.epochs = workshop.isQuick ? 4 : 60
    settings.evaluateEvery = 10
    self.settings = settings
  }

  /// The coupling of left and right halves, trained in `runs/halves` or loaded from there.
  func fit(_ workshop: Workshop, _ digits: Digits, _ halves: Digits) throws -> Coupling {
    let coupling = try settings.coupling(keys: workshop.digitEncoders)
    for side in coupling.sides {
      try (side.encoder as? CentredPerceptron)?.fit(to: halves.training[side.modality].all())
    }
    let source = ShiftedHalves(
      shifted: ShiftedImages(images: try digits.training.u, reach: shift),
      epochs: settings.epochs, unshifted: unshiftedEpochs,
      key: workshop.key(DigitKey.shifts.rawValue))
    try workshop.train(
      coupling, on: source, of: halves.data, name: "halves", settings: settings
    ) {
      try $0.evaluate(on: halves.test, loss: settings.loss.value)
    }
    return coupling
  }

  /// The settings as part of an experiment's findings.
  var json: JSON {
    [
      "encoders": .string("mlp"), "widths": .array(widths),
      "scaleOffset": .number(CentredPerceptron.scaleOffset),
      "dimension": .integer(settings.dimension), "loss": .string("\(settings.loss)"),
      "tilting": .string("\(settings.tilting)"),
      "initialTemperature": .number(settings.temperature), "optimizer": "adamw",
      "learningRate": .number(settings.learningRate), "weightDecay": .number(0.05),
      "schedule": "cosine", "warmup": .number(0.05), "products": "bfloat16",
      "batch": .integer(settings.batch), "epochs": .integer(settings.epochs),
      "shift": .integer(shift), "unshiftedEpochs": .integer(unshiftedEpochs),
    ]
  }
}

/// Pairs of halves of shifted images, other ones in every epoch but the last, `unshifted`, ones.
struct ShiftedHalves: PairSource {
  let shifted: ShiftedImages
  let epochs: Int
  let unshifted: Int
  let key: Key

  var pairsPerEpoch: Int { shifted.images.shape[0] }

  func pairs(epoch: Int, key _: Key) throws -> PairedData {
    try PairedData(
      halvesOf: epoch < epochs - unshifted ? shifted(key.folded(with: epoch)) : shifted.images)
  }
}

extension PairedData {
  /// u the left half, v the right half of N × height × width images.
  init(halvesOf images: Tensor) throws {
    let width = images.shape[2]
    try self.init(
      u: images.narrow(dim: 2, 0..<width / 2).contiguous(),
      v: images.narrow(dim: 2, width / 2..<width).contiguous())
  }
}
