import Arguments
import Couplet
import Datasets
import Files

/// `couplet evaluate`: how good a trained coupling is on pairs.
enum Evaluate {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let ks = Argument.option(
    "k", short: "k", .list(of: .integer(in: 1...)), default: [1, 5, 10],
    "the ranks up to which a partner counts as found")

  static let command = Command(
    "evaluate", "Measures a trained coupling on pairs that it has not seen.",
    discussion: """
      Recall at k of u is the fraction of v whose own u is among the k most probable ones; where v \
      is a label, any u with that label counts. Ties count against the model. The loss is relative \
      to independence, in nats: 0 says nothing was learned. Without --data, or --u and --v, the \
      pairs are the test pairs of the run's data, or those it kept from training.
      """,
    [
      .init("Run", [run]),
      .init("Data", [RunOptions.data, RunOptions.u, RunOptions.v]), .init("Measures", [ks]),
    ],
    examples: [
      .init("couplet evaluate runs/mnist", "on the test images"),
      .init("couplet evaluate runs/own --u new-u.npy --v new-v.npy --json", "on other pairs"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let trained = try TrainedRun(arguments[run], device: common.device)
    let (pairs, name) = try trained.testPairs(RunOptions.source(arguments))
    let loss = try trained.configuration.lossFunction()
    let report = trained.coupling.evaluate(
      on: pairs, loss: loss, ks: Array(Set(arguments[ks])),
      labelWeights: trained.configuration.labelWeights)
    let exact = try ConditionalMeanError(
      trained, pairs: pairs, source: RunOptions.source(arguments))
    try Console.show(
      .object(
        [.init("pairs", .integer(pairs.count))] + report.json
          + (exact.map { [.init("conditionalMeanError", $0.json)] } ?? [])),
      text: "\(name)\n\(report.text(loss: loss.name))\(exact?.text ?? "")", as: common)
  }
}
