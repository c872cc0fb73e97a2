import Arguments
import CoupletCore
import Files
import Foundation
import Information
import Runs

/// `couplet information`: how much u and v tell of each other.
enum InformationCommand {
  private static let quick = Argument.flag(
    "quick", "learn no scores: the Gaussian values, permutations and neighbours alone, in seconds")
  private static let folds = Argument.option(
    "folds", .integer(in: 2...20), default: CrossFittedInformation.Effort().folds,
    "the folds of cross-fitting: more of them learn from more of the pairs")
  private static let steps = Argument.option(
    "steps", .integer(in: 1...1_000_000), default: CrossFittedInformation.Effort().steps,
    "the steps of training of each fold and score")

  static let command = Command(
    "information", "Says how much u and v tell of each other: their mutual information.",
    discussion: """
      Several estimates are made of the same pairs, in nats: the Gaussian value without its bias, of \
      the samples and of their normal scores; by nearest neighbours where there are few coordinates; \
      and by scores that are learned on other pairs than those that they are measured on. One of them is the \
      answer, with its interval of 95 % and the reason why; where only a bound can be stated, the \
      answer says "at least". A permutation test says whether there is any relation. The answer is \
      never below 0. Ten thousand pairs take about a minute; --quick takes seconds.
      """,
    [
      .init("Data", [RunOptions.data, RunOptions.u, RunOptions.v] + RunOptions.ofPairs),
      .init("Effort", [quick, folds, steps]),
    ],
    examples: [
      .init("couplet information --u u.npy --v v.csv", "of the pairs in two files"),
      .init("couplet information --u u.npy --v v.npy --quick --json", "without learning anything"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    guard let source = try RunOptions.source(arguments) else {
      throw UsageError("no data are given", remedy: "give --u FILE --v FILE, or --data SPEC")
    }
    let reading = try RunOptions.reading(arguments, RunOptions.ofPairs)
    let pairs = try RunOptions.checked {
      try source.read(reading ?? .init(), report: common.report).training
    }.independent(key: common.key)
    let (u, v) = (try numbers(pairs[.u]), try numbers(pairs[.v]))
    var effort = InformationEstimate.Effort()
    if arguments[quick] {
      effort.learned = nil
    } else {
      effort.learned?.folds = arguments[folds]
      effort.learned?.steps = arguments[steps]
    }
    let progress = Progress(.standard(quiet: common.quiet), unit: "parts")
    let found: InformationEstimate
    do {
      found = try InformationEstimate(u: u, v: v, effort: effort, key: common.key) {
        progress.update($1, of: $2, note: $0)
      }
    } catch let failure as Failure {
      guard case .input(let name, _) = failure.place else { throw failure }
      throw failure.at(.file(pairs[name == "u" ? .u : .v].name))
    }
    progress.end()
    found.cautions.forEach(common.warn)
    try Console.show(json(found), text: text(found, pairs), as: common)
  }

  /// Samples as rows of numbers, labels as indicators.
  private static func numbers(_ samples: any SampleSource) throws -> Tensor {
    let all = try samples.all()
    switch samples.space {
    case .real, .image:
      return all.to(.float64).reshaped([all.shape[0], -1])
    case .labels(let labels):
      return all.unsqueezed(1).equal(to: .arange(labels.count)).to(.float64)
    case .text:
      throw Failure(
        "the samples are texts", at: samples.name,
        remedy: "train a run, and see couplet evaluate --diagnostics")
    }
  }

  // MARK: What is shown

  private static func text(_ found: InformationEstimate, _ pairs: PairedData) -> String {
    var lines = [
      "I(u; v) is \(found.isBound ? "at least " : "")\(found.value.short) nats, 95 % interval "
        + "\(found.interval[0].short) to \(found.interval[1].short)  (\(found.method.rawValue), "
        + "\(found.pairs.grouped) pairs\(pairs.inGroups))",
      "because \(found.reason)",
      "any relation at all: p = \(found.relation.p.short) by \(found.relation.permutations) permutations",
      found.gaussianP.map { "Gaussian pairs: p = \($0.short) by Mardia's tests" } ?? "",
      "estimates, nats",
    ]
    lines += found.estimates.map {
      "  \($0.method.rawValue.padding(toLength: 20, withPad: " ", startingAt: 0))"
        + "\($0.isBound ? "at least " : "")\($0.value.short)  [\($0.lower.short), \($0.upper.short)]"
    }
    return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private static func json(_ found: InformationEstimate) -> JSON {
    [
      "value": .number(found.value), "interval": .array(found.interval),
      "method": .string(found.method.rawValue),
      "claim": .string(found.isBound ? "at least" : "estimate"), "reason": .string(found.reason),
      "pairs": .integer(found.pairs),
      "relation": [
        "p": .number(found.relation.p), "permutations": .integer(found.relation.permutations),
      ],
      "gaussianP": .optional(found.gaussianP),
      "estimates": .array(
        found.estimates.map {
          [
            "method": .string($0.method.rawValue), "bound": .bool($0.isBound),
            "value": .number($0.value), "interval": .array([$0.lower, $0.upper]),
          ]
        }),
      "cautions": .array(found.cautions.map(JSON.string)),
    ]
  }
}
