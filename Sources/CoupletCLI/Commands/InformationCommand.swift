import Arguments
import CoupletCore
import Files
import Foundation
import Information
import Runs

/// `couplet information`: how much u and v tell of each other.
enum InformationCommand {
  private static let quick = Argument.flag(
    "quick", "learn no scores: the closed forms, permutations and neighbours alone, in seconds")
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
      the samples and of their normal scores; that of Student pairs, whose tails are heavy; by nearest neighbours \
      where there are few coordinates; and by scores that are learned on other pairs than those that they are measured on. One of them is the \
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
    if arguments[quick], let given = arguments.firstGiven([folds, steps]) {
      throw UsageError(
        "--quick learns no scores", at: given.place, remedy: "leave out one of them")
    }
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
    try Console.show(Found(found, pairs), as: common)
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

  /// What was found.
  private struct Found: CommandResult {
    struct Relation: Encodable {
      let p: Double
      let permutations: Int
    }

    struct Estimate: Encodable {
      let method: String
      let bound: Bool
      let value: Double
      let interval: [Double]
    }

    let value: Double
    let interval: [Double]
    let method, claim, reason: String
    let pairs: Int
    let relation: Relation
    let gaussianP: Double?
    let estimates: [Estimate]
    let cautions: [String]
    /// ` in 40 groups`; empty where pairs form none.
    private let groups: String

    private enum CodingKeys: CodingKey {
      case value, interval, method, claim, reason, pairs, relation, gaussianP, estimates, cautions
    }

    init(_ found: InformationEstimate, _ data: PairedData) {
      (value, interval, method) = (found.value, found.interval, found.method.rawValue)
      (claim, reason) = (found.isBound ? "at least" : "estimate", found.reason)
      (pairs, gaussianP, cautions) = (found.pairs, found.gaussianP, found.cautions)
      relation = Relation(p: found.relation.p, permutations: found.relation.permutations)
      estimates = found.estimates.map {
        Estimate(
          method: $0.method.rawValue, bound: $0.isBound, value: $0.value,
          interval: [$0.lower, $0.upper])
      }
      groups = data.inGroups
    }

    var text: String {
      var lines = [
        "I(u; v) is \(claim == "at least" ? "at least " : "")\(value.short) nats, "
          + (interval[1].isFinite
            ? "95 % interval \(interval[0].short) to \(interval[1].short)" : "without an upper end")
          + "  (\(method), \(pairs.grouped) pairs\(groups))",
        "because \(reason)",
        "any relation at all: p = \(relation.p.short) by \(relation.permutations) permutations",
        gaussianP.map { "Gaussian pairs: p = \($0.short) by three tests" } ?? "",
        estimates.isEmpty ? "" : "estimates, nats",
      ]
      lines += estimates.map {
        "  \($0.method.padding(toLength: 20, withPad: " ", startingAt: 0))"
          + "\($0.bound ? "at least " : "")\($0.value.short)  [\($0.interval[0].short), \($0.interval[1].short)]"
      }
      return lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }
  }
}
