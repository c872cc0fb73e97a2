import CoupletCore
import Encoders
import Figures
import Files
import Foundation
import Runs
import Training

extension Experiment {
  /// Algorithm 2 and (32)–(35): a coupling that has seen the digits 0–6 only classifies all ten, as it is and
  /// after its label vectors and log-prior have been fitted to M images; against a LeNet trained on those M
  /// images alone, and logistic regression on the same frozen embeddings.
  static let digitTransfer = Experiment(
    "mnist-transfer", .mnist, "classifying ten digits after learning seven"
  ) { workshop in
    let digits = try workshop.digits()
    let study = DigitTransfer(
      digits: digits, draws: workshop.isQuick ? 1 : 5, isQuick: workshop.isQuick,
      key: workshop.key(DigitKey.subsets.rawValue))
    var methods: [DigitTransfer.Method] = []
    var zeroShot: [(String, DigitTransfer.ZeroShot)] = []
    var settings: [JSON.Member] = []
    let seven = try workshop.digits(DigitFormat.seven.name)
    for (title, labels, dimension) in [
      ("one-hot labels, d = 10", EncoderSettings.oneHot, 10),
      ("learned labels, d = 64", .embedding, 64),
    ] {
      let name = labels.description
      var run = try DigitColumn.twoSided.settings(workshop, on: seven.data)
      (run[.v].encoder, run.dimension) = (labels, dimension)
      (run.learningRate, run.epochs) = (1e-3, workshop.isQuick ? 3 : 30)
      let coupling = try workshop.coupling(run, seven, name: "digits-seven-\(name)")
      settings.append(.init(name, run.digitsJSON))
      zeroShot.append((name, try study.zeroShot(coupling)))
      methods.append(
        try study.method("fine-tuned, \(title)", "fine-tuned-\(name)", workshop) {
          try study.fineTuned(coupling, on: $0, labels: .arange(Digits.classes))
        })
      methods.append(
        try study.method("logistic regression, \(title)", "logistic-\(name)", workshop) {
          try study.fineTuned(coupling, on: $0, labels: nil)
        })
    }
    methods.append(
      try study.method("LeNet on the M images alone", "lenet", workshop) {
        try study.fresh(on: $0, seed: workshop.seed)
      })
    settings.append(.init("draws", .integer(study.draws)))
    return try Findings(
      settings: JSON.object(settings),
      numbers: DigitTransfer.Numbers(
        zeroShot: Named(zeroShot), accuracy: Named(methods.map { ($0.name, $0.bySize) })),
      figure: DigitTransfer.figure(methods),
      verdict: methods.map { method in
        let means = method.means.map { String(format: "%.3f", $0) }.joined(separator: ", ")
        return "\(method.title): \(means)"
      }.joined(separator: "; ") + " (accuracy with M = 70, 700, 7,000)")
  }
}

/// Classification of ten digits by what was learned from seven.
struct DigitTransfer {
  /// The digits of the pretraining.
  static let known = Array(0...6)
  /// M, the numbers of images of all ten digits.
  static let sizes = [70, 700, 7000]

  let digits: Digits
  /// How many random sets of M images are tried.
  let draws: Int
  /// Whether a LeNet of its own is given a quarter of the steps.
  let isQuick: Bool
  let key: Key

  /// Test accuracies of one way to classify, for every M one for each draw.
  struct Method {
    let title: String
    let name: String
    let accuracies: [[Double]]

    var means: [Double] { accuracies.map { $0.reduce(0, +) / Double($0.count) } }
    /// Under the names of JSON.
    var bySize: Named<[Double]> {
      Named(zip(DigitTransfer.sizes, accuracies).map { ("\($0)", $1) })
    }
  }

  /// Accuracy without fitting: on the seven known digits among their labels, and on all ten.
  struct ZeroShot: Encodable { let knownDigits, allDigits: Double }

  struct Numbers: Encodable {
    let zeroShot: Named<ZeroShot>
    let accuracy: Named<Named<[Double]>>
  }

  func method(
    _ title: String, _ name: String, _ workshop: Workshop,
    _ accuracy: (PairedData) throws -> Double
  ) throws -> Method {
    Method(
      title: title, name: name,
      accuracies: try DigitTransfer.sizes.map { size in
        try (0..<draws).map { draw in
          try workshop.progress(draw, of: draws, note: "\(title), M = \(size)")
          return try accuracy(try subset(size, draw))
        }
      })
  }

  /// `size` training pairs, equally many of each digit, drawn at random.
  func subset(_ size: Int, _ draw: Int) throws -> PairedData {
    let labels = try digits.training.v.array(Int.self)
    let order = Tensor.permutation(labels.count, key: key.folded(with: draw)).array(Int.self)
    var left = Array(repeating: size / Digits.classes, count: Digits.classes)
    let rows = order.filter { row in
      left[labels[row]] -= 1
      return left[labels[row]] >= 0
    }
    return digits.training.select(rows)
  }

  func zeroShot(_ coupling: Coupling) throws -> ZeroShot {
    func accuracy(_ labels: [Int]) throws -> Double {
      let pairs = try digits.test.keeping(labels)
      return try ZeroShotClassifier(coupling, labels: Tensor(labels))
        .accuracy(pairs.u, classes: pairs.v.array(Int.self))
    }
    return ZeroShot(
      knownDigits: try accuracy(DigitTransfer.known),
      allDigits: try accuracy(Array(0..<Digits.classes)))
  }

  /// Test accuracy after G and F have been fitted, from the label embeddings or from zero.
  func fineTuned(_ coupling: Coupling, on pairs: PairedData, labels: Tensor?) throws -> Double {
    let classifier = try FineTunedClassifier(coupling, labels: labels, classes: Digits.classes)
    try classifier.fit(
      try pairs.u, classes: try pairs.v.array(Int.self), epochs: max(60, 35_000 / pairs.count))
    return try accuracy(classifier.classes(digits.test.u))
  }

  /// Test accuracy of a LeNet that has seen nothing else: softmax cross-entropy (Proposition 6.1).
  func fresh(on pairs: PairedData, seed: UInt64) throws -> Double {
    let coupling = Coupling(
      [
        Side(
          .u,
          encoder: LeNet(image: [28, 28], dimension: Digits.classes, key: key.folded(with: -1))),
        Side(
          .v, encoder: OneHot(classes: Digits.classes),
          reference: .finite(.arange(Digits.classes))),
      ], tilting: .innerProduct,
      temperature: try Temperature(.fixed(1)))
    // 1,000 steps at least, 30 passes at least; in a quick run a quarter of that.
    let (images, passes) = isQuick ? (16_000, 7) : (64_000, 30)
    try Trainer(
      loss: ConditionalLoss(.vGivenU), optimizer: .adam(learningRate: 1e-3), batchSize: 64,
      epochs: max(passes, images / pairs.count), seed: seed
    ).fit(coupling, to: pairs)
    return try accuracy(
      ZeroShotClassifier(coupling, labels: .arange(Digits.classes)).classes(digits.test.u))
  }

  private func accuracy(_ predicted: [Int]) throws -> Double {
    let truth = try digits.test.v.array(Int.self)
    return Double(zip(predicted, truth).count { $0 == $1 }) / Double(truth.count)
  }

  static func figure(_ methods: [Method]) -> Figure {
    let x = sizes.map(Double.init)
    return Figure(
      Panel(
        title: "digits 0–6 learned, all ten classified",
        x: Axis("M, images of all ten digits", scale: .logarithmic, ticks: .at(x)),
        y: Axis("test accuracy"), legend: .outside,
        methods.map { method in
          .linePoints(x: x, y: method.means, label: Text(method.title))
        }), width: 320, height: 260,
      note: "Means over random sets of M images, equally many of each digit.")
  }
}
