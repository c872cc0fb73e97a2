import Arguments
import CoupletCore
import Files
import Foundation
import Simulators

/// `couplet simulate`: pairs from simulators whose exact answer is known.
enum Simulate {
  private static let count = Argument.required(
    "count", short: "n", .integer(in: 2...), "how many training pairs")
  private static let test = Argument.option(
    "test", .integer(in: 0...), default: 1000, "how many test pairs besides")
  private static let out = Argument.required(
    "out", .folder, "the folder to write: u.npy, v.npy, and -test.npy of both")

  static let command = Command(
    "simulate", "Writes pairs from a simulator.",
    subcommands: [gaussianField, SimulateOcean.command])

  private static let gaussianField = Command(
    "gaussian-field", "Writes pairs of a random field on (0, 1) and its first modes.",
    discussion: """
      u is the field at 12 points with some noise, v its first five coefficients. Both are \
      Gaussian, so what is to be learned is known exactly: 2.29 nats of mutual information, and \
      conditional means to which 'couplet evaluate' compares the learned ones.
      """,
    [.init("Pairs", [count, test, out])],
    examples: [
      .init(
        "couplet simulate gaussian-field --count 10000 --seed 0 --out field",
        "10,000 training and 1,000 test pairs")
    ]
  ) { arguments in
    let common = try Common(arguments)
    let simulation = GaussianField.Simulation(
      training: arguments[count], test: arguments[test], seed: common.givenSeed ?? 0)
    try simulation.write(to: arguments[out])
    let field = simulation.field
    try Console.show(
      Written(
        data: "gaussian-field:\(arguments[out])", training: simulation.training,
        test: simulation.test, u: field.points, v: field.observed,
        seed: String(simulation.seed)), as: common)
  }

  private struct Written: CommandResult {
    let data: String
    let training, test, u, v: Int
    let seed: String

    var text: String {
      "\(data): \(training) training and \(test) test pairs; u \(u), v \(v)\n"
    }
  }
}
