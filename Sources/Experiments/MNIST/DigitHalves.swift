import CoupletCore
import DiagnosticFigures
import Encoders
import Figures
import Files
import Foundation
import Training

extension Experiment {
  /// Left and right halves of the same digit: continuous data on both sides, and many right halves that
  /// would fit.
  static let digitHalves = Experiment(
    "mnist-halves", .mnist, "which right half belongs to a left half"
  ) { workshop in
    let digits = try workshop.digits()
    let test = try PairedData(halvesOf: try digits.test.u)
    let coupling = try workshop.halvesCoupling(digits, test: test)
    let study = HalvesStudy(
      coupling: coupling, test: test, labels: try digits.test.v.array(Int.self),
      training: try PairedData(halvesOf: try digits.training.u),
      key: workshop.key(DigitKey.halves.rawValue))
    return try study.findings(in: workshop)
  }
}

/// All that makes the coupling of the halves: what its `config.json` holds.
struct HalvesRun: Codable, Equatable {
  var data = "mnist, left and right halves"
  /// Of the hidden layers of both perceptrons.
  var widths: [Int]
  /// Pixels are centred and divided by their standard deviation plus this, so that pixels that are seldom
  /// inked do not get the largest values.
  var scaleOffset = 0.1
  var dimension = 64
  var loss = "two-sided"
  var tilting = "cosine"
  var initialTemperature = 0.07
  var optimizer = "adamw"
  var learningRate: Double
  var weightDecay = 0.05
  var schedule = "cosine"
  var warmup = 0.05
  /// Of the products of matrices in training.
  var products = "bfloat16"
  var batch: Int
  var epochs: Int
  /// The whole images are shifted by up to so many pixels before they are cut, anew in every epoch
  var shift = 1
  /// but in the last ones.
  var unshiftedEpochs: Int
  var seed: UInt64

  init(in workshop: Workshop) {
    widths = workshop.isQuick ? [512, 512] : [1024, 1024]
    learningRate = workshop.isQuick ? 2e-3 : 3e-3
    batch = 1024
    (epochs, unshiftedEpochs) = workshop.isQuick ? (4, 1) : (60, 6)
    seed = workshop.seed
  }
}

extension HalvesRun {
  /// The settings as part of an experiment's findings.
  var json: JSON {
    [
      "encoders": .string("mlp"), "widths": .array(widths), "scaleOffset": .number(scaleOffset),
      "dimension": .integer(dimension), "loss": .string(loss), "tilting": .string(tilting),
      "initialTemperature": .number(initialTemperature), "optimizer": .string(optimizer),
      "learningRate": .number(learningRate), "weightDecay": .number(weightDecay),
      "schedule": .string(schedule), "warmup": .number(warmup), "products": .string(products),
      "batch": .integer(batch),
      "epochs": .integer(epochs), "shift": .integer(shift),
      "unshiftedEpochs": .integer(unshiftedEpochs),
    ]
  }

  /// The encoder of halves like these: perceptron ∘ (x ↦ (x − mean) / (deviation + offset)).
  func encoder(of halves: Tensor, key: Key) -> some SampleEncoder {
    let shape = Array(halves.shape.dropFirst())
    let encoder = Standardized(
      MLP([shape.reduce(1, *)] + widths + [dimension], key: key), shape: shape)
    encoder.mean.copy(from: halves.mean(dim: 0))
    encoder.scale.copy(from: halves.variance(dim: 0).sqrt() + scaleOffset)
    return TrainedInBfloat16(base: encoder)
  }
}

/// An encoder whose products of matrices are in bfloat16 in training, where they take half the time, and in the type
/// of its parameters otherwise.
struct TrainedInBfloat16: SampleEncoder {
  let base: any SampleEncoder

  var dimension: Int { base.dimension }
  var parameters: Parameters { base.parameters }

  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    guard case .training = mode else { return base(input, mode: mode) }
    return withMixedPrecision(on: input.device) { base(input, mode: mode) }.to(input.dtype)
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

extension Workshop {
  /// The coupling of left and right halves, trained in `runs/halves` or loaded from there.
  func halvesCoupling(_ digits: Digits, test: PairedData) throws -> Coupling {
    let run = HalvesRun(in: self)
    let halves = try PairedData(halvesOf: try digits.training.u)
    let coupling = Coupling(
      u: run.encoder(of: try halves.u, key: key(DigitKey.encoderU.rawValue)),
      v: run.encoder(of: try halves.v, key: key(DigitKey.encoderV.rawValue)),
      tilting: try Tiltings.named(run.tilting),
      temperature: try Temperature(.learned(initial: run.initialTemperature)))
    let loss = try Losses.named(run.loss)
    let trainer = Trainer(
      loss: loss,
      optimizer: .adamW(learningRate: run.learningRate, weightDecay: run.weightDecay),
      batchSize: run.batch, epochs: run.epochs, schedule: .cosine(warmup: run.warmup),
      seed: run.seed, evaluateEvery: 10)
    let source = ShiftedHalves(
      shifted: ShiftedImages(images: try digits.training.u, reach: run.shift), epochs: run.epochs,
      unshifted: run.unshiftedEpochs, key: key(DigitKey.shifts.rawValue))
    try train(coupling, on: source, by: trainer, name: "halves", settings: run) {
      try $0.evaluate(on: test, loss: loss)
    }
    return coupling
  }
}
