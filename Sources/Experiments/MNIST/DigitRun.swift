import CoupletCore
import Encoders
import Files
import SampleReaders
import Simulators
import Training

/// All that makes a coupling of images (LeNet) and digits: what its `config.json` holds.
struct DigitRun: Codable, Equatable {
  var data = "mnist"
  var encoderU = "lenet"
  /// `one-hot`, or `embedding`: a learned vector for each label.
  var encoderV = "one-hot"
  var dimension = Digits.classes
  var loss: String
  var tilting: String
  var referenceV: String
  var temperature = 1.0
  var optimizer = "adam"
  var learningRate: Double
  var batch = 512
  var epochs: Int
  /// Digits whose pairs are learned; all when nil.
  var digits: [Int]?
  var seed: UInt64

  /// The paper's settings (§6), or for a quick run fewer and larger steps.
  init(_ column: DigitColumn, in workshop: Workshop) {
    loss = column.loss
    tilting = column.tilting
    referenceV = column.usesAllLabels ? "labels" : "batch"
    learningRate = workshop.isQuick ? 1e-3 : 1e-4
    epochs = workshop.isQuick ? 3 : column.epochs
    seed = workshop.seed
  }
}

/// The uses of the seed, besides those of trainers.
enum DigitKey: Int {
  case encoderU = 1, encoderV, figure12, table, subsets, halves, shifts
}

extension Workshop {
  /// MNIST, from the data folder.
  /// - Throws: `Failure` when there is none.
  func digits() throws -> Digits {
    guard let dataFolder else {
      throw Failure(
        "there is no folder with data",
        remedy: "name one that holds mnist/ with `data` or COUPLET_DATA")
    }
    let data = try MNIST.read(dataFolder + "/mnist")
    guard let test = data.test else {
      throw Failure("there are no test images", at: dataFolder, remedy: "give MNIST's four files")
    }
    return Digits(training: data.training, test: test)
  }

  /// The coupling of images and digits of a column, trained in `runs/NAME` or loaded from there.
  func coupling(_ column: DigitColumn, _ digits: Digits) throws -> Coupling {
    try coupling(DigitRun(column, in: self), digits, name: "digits-\(column.name)")
  }

  func coupling(_ run: DigitRun, _ digits: Digits, name: String) throws -> Coupling {
    let labels: any SampleEncoder =
      run.encoderV == "one-hot"
      ? OneHot(classes: Digits.classes)
      : Embedding(Digits.classes, run.dimension, key: key(DigitKey.encoderV.rawValue))
    let images = LeNet(
      image: [28, 28], dimension: run.dimension, key: key(DigitKey.encoderU.rawValue))
    let coupling = Coupling(
      [
        Side(.u, encoder: images),
        Side(
          .v, encoder: labels,
          reference: run.referenceV == "labels" ? .finite(.arange(Digits.classes)) : .batch),
      ],
      tilting: try Tiltings.named(run.tilting),
      temperature: try Temperature(.fixed(run.temperature)))
    let loss = try Losses.named(run.loss)
    let trainer = Trainer(
      loss: loss, optimizer: .adam(learningRate: run.learningRate), batchSize: run.batch,
      epochs: run.epochs, seed: run.seed, evaluateEvery: 25)
    let pairs = try run.digits.map(digits.training.keeping) ?? digits.training
    let test = try run.digits.map(digits.test.keeping) ?? digits.test
    try train(coupling, on: pairs, by: trainer, name: name, settings: run) {
      try $0.evaluate(on: test, loss: loss)
    }
    return coupling
  }

  /// The scores of the test images under the coupling of a column.
  func scored(_ column: DigitColumn, _ digits: Digits) throws -> ScoredDigits {
    try ScoredDigits(
      coupling(column, digits), on: digits.test,
      labelWeights: column.usesAllLabels
        ? Array(repeating: 0.1, count: Digits.classes) : digits.labelFrequencies())
  }
}

extension Workshop {
  /// The settings of columns, and the seconds that their training took.
  func settings(of columns: [DigitColumn]) throws -> JSON {
    .object(
      try columns.map { column in
        let seconds = try seconds(ofRun: "digits-\(column.name)")
        return JSON.Member(
          column.name,
          ["run": DigitRun(column, in: self).json, "trainingSeconds": .optional(seconds)])
      })
  }
}

extension DigitRun {
  /// The settings as part of an experiment's findings.
  var json: JSON {
    [
      "encoderU": .string(encoderU), "encoderV": .string(encoderV),
      "dimension": .integer(dimension), "loss": .string(loss), "tilting": .string(tilting),
      "referenceV": .string(referenceV), "temperature": .number(temperature),
      "optimizer": .string(optimizer), "learningRate": .number(learningRate),
      "batch": .integer(batch), "epochs": .integer(epochs),
    ]
  }
}
