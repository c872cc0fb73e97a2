import Arguments
import CoupletCore
import Files
import Foundation
import RunPages
import Runs
import Training

/// `couplet finetune`: a classifier on the frozen encoder of a trained run ((32)–(35)).
enum Finetune {
  private static let run = Argument.positional("RUN", .folder, "the run whose encoder of u is kept")
  private static let out = Argument.required("out", .folder, "the run directory to make")
  private static let heldOut = Argument.option(
    "held-out", .fraction, default: 0.1, shown: "that of RUN",
    "the part of the pairs kept for tests, where the data bring no test pairs")
  private static let labels = Argument.option(
    "labels", .file, shown: "the labels of RUN",
    "what each class starts from, as samples of RUN's v, one per row")
  private static let standard = Finetuning()
  private static let epochs = Argument.option(
    "epochs", .integer(in: 1...), default: standard.epochs,
    "the number of passes over the training pairs")
  private static let batch = Argument.option(
    "batch", .integer(in: 1...), default: standard.batch, "pairs in a step"
  ).alias("batch-size")
  private static let learningRate = Argument.option(
    "learning-rate", .positive(), default: standard.learningRate, "the learning rate"
  ).alias("lr")
  private static let weightDecay = Argument.option(
    "weight-decay", .nonNegative(), default: standard.weightDecay, "how fast weights shrink"
  ).alias("wd")

  static let command = Command(
    "finetune", "Fits a classifier to labelled data on the frozen encoder of a trained run.",
    discussion: """
      The encoder of u and the temperature stay as they are. An embedding and a log-prior for each \
      label are fitted by cross-entropy; they start at those that RUN has for its own labels. What \
      comes out is a run of its own: 'couplet classify', 'evaluate' and the others take it. The \
      data's u must be what RUN was trained on; their v must be labels, which RUN need not know.
      """,
    [
      .init("Run", [run, out]),
      .init(
        "Data",
        [RunOptions.data, RunOptions.u, RunOptions.v] + RunOptions.ofReading + [heldOut, labels]),
      .init("Optimisation", [epochs, batch, learningRate, weightDecay]),
    ],
    examples: [
      .init(
        "couplet finetune runs/halves --data mnist:data/mnist --out runs/digits",
        "digits on features that were learned without them")
    ], run: start)

  private static func start(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    let trained = try TrainedRun(arguments[run], device: common.device)
    guard let source = try RunOptions.source(arguments) else {
      throw UsageError("no data are given", remedy: "give --data SPEC, or --u FILE --v FILE")
    }
    try RunDirectory.requireFree(arguments[out], remedy: "choose another folder")
    let reading = try RunOptions.reading(arguments)
    let data = try source.read(reading ?? .init(), report: common.report)
    var finetuning = Finetuning()
    finetuning.epochs = arguments[epochs]
    finetuning.batch = arguments[batch]
    finetuning.learningRate = arguments[learningRate]
    finetuning.weightDecay = arguments[weightDecay]
    var settings = try finetuning.settings(for: data, of: trained)
    settings.take(source)
    settings.reading = reading?.filling(as: data.training)
    common.givenSeed.map { settings.seed = $0 }
    if arguments.isGiven(heldOut) { settings.heldOut = arguments[heldOut] }

    let parts = try settings.parts(of: data)
    let progress = Progress(.standard(quiet: common.quiet), unit: "epochs")
    progress.log("couplet: \(data.summary)")
    let clock = ContinuousClock.now
    let result = try finetuning.fit(
      trained, to: parts.training, heldOut: parts.test, settings: settings,
      labels: arguments[labels].map { try trained.samples(.v, at: $0).all() }
    ) { progress.update($0, of: finetuning.epochs, note: "") }
    progress.end()
    let seconds = clock.duration(to: .now) / .seconds(1)
    let directory = try result.write(
      to: arguments[out], data: data, parts: parts, seconds: seconds
    ) {
      try RunPage.write(
        $0, result.coupling, test: parts.test, evaluation: result.heldOut,
        training: parts.training, of: result.configuration)
    }
    directory.lockWarning.map(common.warn)
    try show(result, directory, seconds, common)
  }

  private static func show(
    _ result: Finetuning.Result, _ directory: RunDirectory, _ seconds: Double, _ common: Common
  ) throws {
    try Console.show(
      Fitted(
        run: directory.path, seconds: seconds, crossEntropy: result.crossEntropy,
        heldOut: result.heldOut.map { EvaluationMembers($0.usual) },
        epochs: result.configuration.epochs, lossName: result.configuration.loss.name),
      as: common)
  }

  /// What came of it.
  private struct Fitted: CommandResult {
    let run: String
    let seconds, crossEntropy: Double
    let heldOut: EvaluationMembers?
    let epochs: Int
    let lossName: String

    private enum CodingKeys: CodingKey { case run, seconds, crossEntropy, heldOut }

    var text: String {
      """
      \(run): \(epochs) epochs, \(seconds.short) s
      training cross-entropy  \(crossEntropy.short)
      held-out \(heldOut?.report.text(loss: lossName) ?? "pairs: none\n")
      """
    }
  }
}
