import Arguments
import CoupletCore
import Files

/// `couplet retrieve`: the most probable partners.
enum Retrieve {
  private static let count = Argument.option(
    "k", short: "k", .integer(in: 1...), default: 5, "how many partners to show")

  static let command = Command(
    "retrieve", "Finds the most probable u for a v, or v for a u.",
    discussion: """
      A candidate is named by its row in its file; copies of one are one candidate, with the row of \
      the first. A weight is its learned probability, given the condition; the weights of all \
      candidates add up to 1. The effective sample size says how many candidates share it. A \
      warning says when one candidate carries everything, or when the best one fits worse than 99 % \
      of the partners seen in training: then the gallery may hold no partner at all.
      """,
    [
      .init("Run", [Question.run]),
      .init(
        "Search",
        [Question.of, Question.given, Question.together, count, Question.gallery, Question.prior]
          + RunOptions.ofReading),
    ],
    examples: [
      .init("couplet retrieve runs/mnist --of u --given 7", "the images most like a seven"),
      .init("couplet retrieve runs/field --of v --given 0 -k 3", "the v for the first u"),
      .init(
        "couplet retrieve runs/field --of v --given 0 --gallery grid.npy --prior log-prior.npy -k 1",
        "the MAP point among points of a grid"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let question = try Question(arguments, common, logPrior: arguments[Question.prior])
    let head: [JSON.Member] = [
      .init("of", .string(question.modality.name)),
      .init("candidates", .integer(question.candidates.count)),
    ]
    try Console.show(head, list: "results", as: common) { show in
      try question.forEachAnswer(as: common) { row, law, trust in
        let answer = Answer(
          matches: law.top(arguments[count]).map {
            (question.candidates.rows[$0.index], $0.weight)
          },
          trust: trust)
        try show(answer.json, answer.text(row: row))
      }
    }
  }

  private struct Answer {
    let matches: [(index: Int, weight: Double)]
    let trust: Trust

    var json: JSON {
      .object(
        [
          .init(
            "matches",
            .array(
              matches.map { ["index": .integer($0.index), "weight": .number($0.weight)] }))
        ] + trust.json)
    }

    func text(row: Int) -> String {
      let lines = matches.map { "  \($0.index)  weight \($0.weight.short)\n" }
      return "condition \(row): effective sample size \(trust.effectiveSampleSize.short)\n"
        + lines.joined()
    }
  }
}
