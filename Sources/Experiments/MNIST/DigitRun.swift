import CoupletCore
import Encoders
import Files
import Runs

/// The uses of the seed, besides those of trainers.
enum DigitKey: Int {
  case firstEncoder = 1, secondEncoder, figure12, table, subsets, halves, shifts
}

extension DigitColumn {
  /// The paper's settings (§6), or for a quick run fewer and larger steps: images (LeNet) with digits.
  func settings(_ workshop: Workshop, on data: Dataset) throws -> RunConfiguration {
    var settings = workshop.settings(.mnist, on: data)
    settings[.u].encoder = try EncoderSettings("lenet")
    settings[.v].encoder = .oneHot
    settings[.v].reference = usesAllLabels ? .labels : .batch
    settings.dimension = Digits.classes
    settings.loss = try LossSettings(loss)
    settings.tilting = try TiltingSettings(tilting)
    (settings.temperature, settings.learnTemperature) = (1, false)
    settings.learningRate = workshop.isQuick ? 1e-3 : 1e-4
    settings.epochs = workshop.isQuick ? 3 : epochs
    settings.evaluateEvery = 25
    return settings
  }
}

extension Workshop {
  /// MNIST, from the data folder.
  /// - Parameter kind: `mnist`, or the name of pairs made of it.
  /// - Throws: `Failure` when there is none.
  func digits(_ kind: String = "mnist") throws -> Digits {
    guard let dataFolder else {
      throw Failure(
        "there is no folder with data",
        remedy: "name one that holds mnist/ with `data` or COUPLET_DATA")
    }
    return try Digits(DataSource("\(kind):\(Folder.absolute(dataFolder))/mnist").read())
  }

  /// The keys of the encoders of a coupling of images or their parts.
  var digitEncoders: [Key] {
    [DigitKey.firstEncoder, .secondEncoder].map { key($0.rawValue) }
  }

  /// The coupling of images and digits with these settings, trained in `runs/NAME` or loaded from there.
  func coupling(_ settings: RunConfiguration, _ digits: Digits, name: String) throws -> Coupling {
    let coupling = try settings.coupling(keys: digitEncoders)
    try train(coupling, on: digits.training, of: digits.data, name: name, settings: settings) {
      try $0.evaluate(on: digits.test, loss: settings.loss.value)
    }
    return coupling
  }

  /// The scores of the test images under the coupling of a column.
  func scored(_ column: DigitColumn, _ digits: Digits) throws -> ScoredDigits {
    try ScoredDigits(
      coupling(column.settings(self, on: digits.data), digits, name: "digits-\(column.name)"),
      on: digits.test,
      labelWeights: column.usesAllLabels
        ? Array(repeating: 0.1, count: Digits.classes) : digits.labelFrequencies())
  }
}

extension Workshop {
  /// The settings of columns, and the seconds that their training took.
  func settings(of columns: [DigitColumn], _ digits: Digits) throws -> JSON {
    .object(
      try columns.map { column in
        let seconds = try seconds(ofRun: "digits-\(column.name)")
        return JSON.Member(
          column.name,
          [
            "run": try column.settings(self, on: digits.data).digitsJSON,
            "trainingSeconds": .optional(seconds),
          ])
      })
  }
}

extension RunConfiguration {
  /// The settings of a coupling of images and digits as part of an experiment's findings.
  var digitsJSON: JSON {
    [
      "encoderU": .string("\(self[.u].encoder)"), "encoderV": .string("\(self[.v].encoder)"),
      "dimension": .integer(dimension), "loss": .string("\(loss)"),
      "tilting": .string("\(tilting)"), "referenceV": .string("\(self[.v].reference)"),
      "temperature": .number(temperature), "optimizer": .string("\(optimizer)"),
      "learningRate": .number(learningRate), "batch": .integer(batch), "epochs": .integer(epochs),
    ]
  }
}
