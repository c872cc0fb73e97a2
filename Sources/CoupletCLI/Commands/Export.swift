import Arguments
import CoupletCore
import Files
import Runs

/// `couplet export`: a run for PyTorch.
enum Export {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let to = Argument.required(
    "to", .folder, "the folder to write; an earlier export there is replaced")

  static let command = Command(
    "export", "Writes a trained model for PyTorch, usable without Couplet.",
    discussion: """
      Three files: model.safetensors holds the weights by the names of a PyTorch state dict, model.json \
      says what the encoders are, and couplet_model.py, which needs PyTorch alone, builds the model from both. \
      Its embeddings, scores and probabilities are those of the run, to 1e-5. With the folder on Python's \
      path, 'from couplet_model import load' imports what opens it: load("DIR").embed("u", rows) gives \
      embeddings, load("DIR").conditional("v", given=rows, among=candidates) probabilities.
      """,
    [.init("Run", [run]), .init("Output", [to])],
    examples: [.init("couplet export runs/own --to exported", "then 'import couplet_model' there")]
  ) { arguments in
    let common = try Common(arguments)
    let folder = arguments[to]
    let trained = try TrainedRun(arguments[run], report: common.report)
    let files = try trained.export(to: folder)
    try Console.show(Written(to: folder, files: files), as: common)
  }

  private struct Written: CommandResult {
    let to: String
    let files: [String]

    var text: String { "\(to): \(files.joined(separator: ", "))\n" }
  }
}
