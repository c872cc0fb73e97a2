import Arguments
import Couplet
import Files

/// `couplet retrieve`: the most probable partners.
enum Retrieve {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let of = Argument.required(
    "of", .choice(of: Modality.self), "what is looked for")
  private static let given = Argument.required(
    "given", .text("FILE|INDEX"),
    "the condition: a label, the row of a test pair, or samples as .npy, one search a row")
  private static let count = Argument.option(
    "k", short: "k", .integer(in: 1...), default: 5, "how many partners to show")
  private static let gallery = Argument.option(
    "gallery", .file, shown: "the test pairs'", "the candidates, as .npy")

  static let command = Command(
    "retrieve", "Finds the most probable u for a v, or v for a u.",
    discussion: """
      A weight is the learned probability of a candidate, given the condition; the weights of all \
      candidates add up to 1. The effective sample size says how many candidates share it.
      """,
    [.init("Run", [run]), .init("Search", [of, given, count, gallery])],
    examples: [
      .init("couplet retrieve runs/mnist --of u --given 7", "the images most like a seven"),
      .init("couplet retrieve runs/field --of v --given 0 -k 3", "the v for the first test u"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let trained = try TrainedRun(arguments[run], device: common.device)
    let of = arguments[of]
    let (pairs, _) = try trained.testPairs(nil)
    let given = try trained.condition(of.partner, arguments[given], pairs: pairs)
    let gallery =
      try arguments[gallery].map {
        TrainedRun.Gallery(candidates: try trained.samples(of, at: $0), weights: nil)
      } ?? trained.gallery(of, of: pairs)
    let answers = trained.answers(of, given: given, among: gallery) {
      Answer(matches: $0.top(arguments[count]), effectiveSampleSize: $0.effectiveSampleSize)
    }
    try Console.show(
      [
        "of": .string(of.rawValue), "candidates": .integer(gallery.candidates.shape[0]),
        "results": .array(answers.map(\.json)),
      ],
      text: answers.enumerated().map { $1.text(row: $0) }.joined(), as: common)
  }

  private struct Answer {
    let matches: [ConditionalDistribution.Match]
    let effectiveSampleSize: Double

    var json: JSON {
      [
        "matches": .array(
          matches.map { ["index": .integer($0.index), "weight": .number($0.weight)] }),
        "effectiveSampleSize": .number(effectiveSampleSize),
      ]
    }

    func text(row: Int) -> String {
      let lines = matches.map { "  \($0.index)  weight \($0.weight.short)\n" }
      return "condition \(row): effective sample size \(effectiveSampleSize.short)\n"
        + lines.joined()
    }
  }
}
