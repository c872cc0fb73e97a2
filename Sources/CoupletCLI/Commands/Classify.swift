import Arguments
import CoupletCore
import Files
import Runs
import SampleReaders
import Samples
import Tables

/// `couplet classify`: the label of each sample (Algorithm 2).
enum Classify {
  private static let u = Argument.required(
    "u", .text("FILE[:MEMBER]"), "the samples of u, one per row")
  private static let labels = Argument.option(
    "labels", .text("FILE[:MEMBER]"), shown: "every label of the run",
    "the classes as samples of v, one per row: classes that the training had no name for")
  private static let prior = Argument.option(
    "prior", .file, shown: "the labels' frequencies in training",
    "the log prior of each class as .npy, up to a constant")

  private static let names = Argument.option(
    "names", .text("FILE[:COLUMN]|COLUMN"), shown: "the labels of the run, or the rows of --labels",
    "what the classes are called")
  private static let out = Argument.option(
    "out", .file,
    "write a table in place of lines: identifier, label, its probability, and those of all labels; .csv, .parquet or .jsonl"
  ).writing

  static let command = Command(
    "classify", "Finds the most probable label of each u.",
    discussion: """
      One line a sample: its row, its label, and the label's learned probability. With --json and \
      in the table of --out also the probabilities of all labels. A run that couplet finetune made knows its classes; for \
      others this is zero-shot classification: the classes are candidates like any others.
      """,
    [
      .init("Run", [Question.runs]),
      .init("Data", [u, labels, prior, Question.together] + RunOptions.ofReading),
      .init("Output", [out, AnswerTable.ids, names]),
    ],
    examples: [
      .init(
        "couplet classify runs/mnist --u data/mnist/t10k-images-idx3-ubyte.gz",
        "the digits of the test images"),
      .init(
        "couplet classify runs/own --u images.npy --labels captions-of-classes.npy",
        "classes described by samples of v"),
      .init(
        "couplet classify runs/own --u table.csv:x* --ids name --out classes.csv",
        "as a table, whose rows are called as in the column name of table.csv"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let runs = try Question.opened(arguments[Question.runs], arguments, common)
    let trained = runs[0]
    let classes = try classes(trained, arguments)
    let samples = try trained.samples(.u, at: arguments[u])
    let candidates = try classes.candidates
    let classifiers = runs.map {
      ZeroShotClassifier($0.coupling, labels: candidates, logWeights: classes.logWeights)
    }
    if arguments[Question.together] { for run in runs { try run.requireScoresThatAdd(over: .v) } }
    if let table = try AnswerTable.file(out, arguments, isArray: false) {
      let answers = ClassTable(
        names: try RowNames(
          AnswerTable.ids, arguments, of: arguments[u], rows: samples.count, isAll: true)
          ?? RowNames(nil),
        classes: try classNames(trained, classes.count, arguments))
      return try answers.write(
        classifiers, samples, together: arguments[Question.together], to: table, common)
    }
    let all = try samples.all()
    let rows =
      arguments[Question.together]
      ? classifiers.probabilities(together: all).unsqueezed(0) : classifiers.probabilities(all)
    try Console.show(
      Answer(
        classes: ZeroShotClassifier.classes(of: rows), probabilities: rows.rows,
        names: try classNames(trained, classes.count, arguments).texts), as: common)
  }

  /// The class of each sample, and the probabilities of all classes.
  private struct Answer: CommandResult {
    let classes: [Int]
    let probabilities: [[Double]]
    /// What the classes are called.
    let names: [String]

    var text: String {
      zip(probabilities, classes).enumerated().map { index, answer in
        "\(index)  \(names[answer.1])  \(answer.0[answer.1].short)\n"
      }.joined()
    }
  }

  /// What the classes are called: as the user says, as the labels of the run, or by their rows in their file.
  private static func classNames(
    _ trained: TrainedRun, _ count: Int, _ arguments: ParsedArguments
  ) throws -> Identifiers {
    let given = try RowNames(
      names, arguments, of: arguments[labels], rows: count, isAll: true)?.identifiers
    let known = arguments[labels] == nil ? trained.space(.v).labels.map(Identifiers.init) : nil
    return given ?? known ?? .numbers(Array(0..<count))
  }

  private static func classes(_ trained: TrainedRun, _ arguments: ParsedArguments) throws
    -> Gallery
  {
    let all: Gallery
    if let file = arguments[labels] {
      all = Gallery(candidates: try trained.samples(.v, at: file).all())
    } else {
      all = try trained.gallery(
        .v, of: { throw noLabels(trained.path) }())
    }
    return try arguments[prior].map(all.weighted) ?? all
  }

  private static func noLabels(_ run: String) -> Failure {
    Failure(
      "v is not a label in this run", at: run,
      remedy:
        "name the classes with --labels, or find the most probable v with couplet retrieve --of v")
  }
}

extension Tensor {
  /// The rows of a matrix.
  fileprivate var rows: [[Double]] {
    let (values, width) = (array(Double.self), shape[1])
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<($0 + width)]) }
  }
}
