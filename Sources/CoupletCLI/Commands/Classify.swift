import Arguments
import Couplet
import Files

/// `couplet classify`: the label of each sample (Algorithm 2).
enum Classify {
  private static let run = Argument.positional(
    "RUN", .folder, "a run directory whose v is a label")
  private static let u = Argument.required(
    "u", .file, "the samples of u as .npy, one a row, or as IDX images")

  static let command = Command(
    "classify", "Finds the most probable label of each u.",
    discussion: """
      One line a sample: its row, its label, and the label's learned probability. With --json also \
      the probabilities of all labels.
      """,
    [.init("Run", [run]), .init("Data", [u])],
    examples: [
      .init(
        "couplet classify runs/mnist --u data/mnist/t10k-images-idx3-ubyte.gz",
        "the digits of the test images")
    ]
  ) { arguments in
    let common = try Common(arguments)
    let trained = try TrainedRun(arguments[run], device: common.device)
    guard case .labels(let classes) = trained.configuration.spaceV else {
      throw Failure(
        "v is not a label in this run", at: arguments[run],
        remedy: "find the most probable v with couplet retrieve --of v")
    }
    let samples = try trained.samples(.u, at: arguments[u])
    let classifier = ZeroShotClassifier(
      trained.coupling, labels: .arange(classes), weights: trained.configuration.labelWeights)
    let rows = classifier.probabilities(samples).rows
    let labels = rows.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    try Console.show(
      ["classes": .array(labels), "probabilities": .array(rows)],
      text: zip(rows, labels).enumerated().map { index, answer in
        "\(index)  \(answer.1)  \(answer.0[answer.1].short)\n"
      }.joined(), as: common)
  }
}

extension Tensor {
  /// The rows of a matrix.
  fileprivate var rows: [[Double]] {
    let (values, width) = (array(Double.self), shape[1])
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<($0 + width)]) }
  }
}
