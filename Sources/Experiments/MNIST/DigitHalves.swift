import Couplet
import DiagnosticFigures
import Encoders
import Figures
import Files
import Foundation

extension Experiment {
  /// Left and right halves of the same digit: continuous data on both sides, and many right halves that
  /// would fit.
  static let digitHalves = Experiment(
    "mnist-halves", .mnist, "which right half belongs to a left half"
  ) { workshop in
    let digits = try workshop.digits()
    let test = try PairedData(halvesOf: digits.test.u)
    let coupling = try workshop.halvesCoupling(digits, test: test)
    let study = HalvesStudy(
      coupling: coupling, test: test, labels: digits.test.v.array(Int.self),
      training: try PairedData(halvesOf: digits.training.u),
      key: workshop.key(DigitKey.halves.rawValue))
    return try study.findings(in: workshop)
  }
}

/// All that makes the coupling of the halves: what its `config.json` holds.
struct HalvesRun: Codable, Equatable {
  var data = "mnist, left and right halves"
  var widths: [Int]
  var dropout: Double
  var dimension = 64
  var loss = "two-sided"
  var tilting = "cosine"
  var initialTemperature = 0.07
  var optimizer = "adamw"
  var learningRate: Double
  var weightDecay: Double
  var schedule = "cosine"
  var warmup = 0.05
  var batch: Int
  var epochs: Int
  /// Random maps of the whole image before it is cut, anew in every epoch.
  var shift: Double
  var angle: Double
  var stretch: Double
  var seed: UInt64

  init(in workshop: Workshop) {
    widths = workshop.isQuick ? [512, 512] : [1024, 512]
    dropout = 0
    learningRate = 1e-3
    weightDecay = 0.05
    batch = 1024
    epochs = workshop.isQuick ? 4 : 30
    (shift, angle, stretch) = (1.5, 0.08, 0.08)
    seed = workshop.seed
  }
}

extension HalvesRun {
  /// The settings as part of an experiment's findings.
  var json: JSON {
    [
      "encoders": .string("mlp"), "widths": .array(widths), "dropout": .number(dropout),
      "dimension": .integer(dimension), "loss": .string(loss), "tilting": .string(tilting),
      "initialTemperature": .number(initialTemperature), "optimizer": .string(optimizer),
      "learningRate": .number(learningRate), "weightDecay": .number(weightDecay),
      "schedule": .string(schedule), "warmup": .number(warmup), "batch": .integer(batch),
      "epochs": .integer(epochs), "shift": .number(shift), "angle": .number(angle),
      "stretch": .number(stretch),
    ]
  }
}

/// Pairs of halves of warped images, other ones in every epoch.
struct WarpedHalves: PairSource {
  let warped: WarpedImages
  let key: Key

  var count: Int { warped.images.shape[0] }

  func pairs(epoch: Int) throws -> PairedData {
    try PairedData(halvesOf: warped(key.folded(with: epoch)))
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
    func encoder(_ use: DigitKey) -> MLP {
      MLP(
        [28 * 14] + run.widths + [run.dimension], dropout: run.dropout, key: key(use.rawValue))
    }
    let coupling = Coupling(
      u: encoder(.encoderU), v: encoder(.encoderV), tilting: try Tiltings.named(run.tilting),
      temperature: try Temperature(.learned(initial: run.initialTemperature)))
    let loss = try Losses.named(run.loss)
    let trainer = Trainer(
      loss: loss,
      optimizer: .adamW(learningRate: run.learningRate, weightDecay: run.weightDecay),
      batchSize: run.batch, epochs: run.epochs, schedule: .cosine(warmup: run.warmup),
      seed: run.seed, evaluateEvery: 10)
    let source = WarpedHalves(
      warped: WarpedImages(
        images: digits.training.u, shift: run.shift, angle: run.angle, stretch: run.stretch),
      key: key(DigitKey.warps.rawValue))
    try train(coupling, on: source, by: trainer, name: "halves", settings: run) {
      $0.evaluate(on: test, loss: loss)
    }
    return coupling
  }
}
