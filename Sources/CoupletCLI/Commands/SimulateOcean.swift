import Arguments
import CoupletCore
import Files
import Simulators

/// `couplet simulate ocean`: flows and the paths of drifters in them, as NetCDF.
enum SimulateOcean {
  private static let standard = Ocean()
  private static let count = Argument.required(
    "count", short: "n", .integer(in: 2...), "how many training pairs")
  private static let test = Argument.option(
    "test", .integer(in: 0...), default: 1000, "how many test pairs besides")
  private static let out = Argument.required(
    "out", .folder, "the folder to write: training.nc and test.nc")

  private static let format = Argument.option(
    "format", ValueKind.choice(of: Ocean.Simulation.Format.self), default: .classic,
    "the layout of the files: NetCDF's classic one with 64 bits, or NetCDF-4 (HDF5), which has checksums"
  )

  private static let speed = Argument.option(
    "speed", .positive(), default: standard.speed, "the root mean square velocity")
  private static let decay = Argument.option(
    "decay", .nonNegative(), default: standard.decay,
    "α: coefficients have deviations proportional to (1 + |κ|²)^(−α/2)")
  private static let frequencyScale = Argument.option(
    "frequency-scale", .nonNegative(), default: Ocean.defaultFrequencyScale,
    "the deviation of the modes' frequencies, radians per unit of time")
  private static let frequencySeed = Argument.option(
    "frequency-seed", .seed, default: 0, "the draw of the frequencies, which all flows share")

  private static let drifters = Argument.option(
    "drifters", .integer(in: 1...), default: standard.drifters, "drifters in each flow")
  private static let noise = Argument.option(
    "noise", .nonNegative(), default: standard.noise,
    "the deviation of the noise of each recorded coordinate")
  private static let steps = Argument.option(
    "steps", .integer(in: 1...), default: standard.steps, "Runge–Kutta steps")
  private static let timeStep = Argument.option(
    "time-step", .positive(), default: standard.timeStep, "the length of a step")
  private static let recordEvery = Argument.option(
    "record-every", .integer(in: 1...), default: standard.recordEvery,
    "steps from one recorded position to the next")

  static let command = Command(
    "ocean", "Writes random flows and the paths of drifters in them, as NetCDF.",
    discussion: """
      u is the 98 coefficients of a random time-dependent streamfunction on the torus, v the \
      recorded positions of drifters that it carries. The files follow the CF conventions \
      (trajectories) and open in xarray; --data ocean:DIR reads them.
      """,
    [
      .init("Pairs", [count, test, out, format]),
      .init("Flow", [speed, decay, frequencyScale, frequencySeed]),
      .init("Drifters", [drifters, noise, steps, timeStep, recordEvery]),
    ],
    examples: [
      .init(
        "couplet simulate ocean --count 32268 --test 32268 --seed 0 --out ocean",
        "the paper's sizes and its time step")
    ]
  ) { arguments in
    let common = try Common(arguments)
    var ocean = Ocean()
    ocean.speed = arguments[speed]
    ocean.decay = arguments[decay]
    ocean.frequencies = Ocean.frequencies(
      scale: arguments[frequencyScale], seed: arguments[frequencySeed])
    ocean.drifters = arguments[drifters]
    ocean.noise = arguments[noise]
    ocean.steps = arguments[steps]
    ocean.timeStep = arguments[timeStep]
    ocean.recordEvery = arguments[recordEvery]
    let simulation = Ocean.Simulation(
      ocean: ocean, training: arguments[count], test: arguments[test],
      seed: common.givenSeed ?? 0)
    let folder = arguments[out]
    try simulation.write(to: folder, format: arguments[format]) { done, total in
      common.log("simulated \(done) of \(total) pairs")
    }
    try Console.show(
      Written(
        data: "ocean:\(folder)", training: simulation.training, test: simulation.test,
        u: Ocean.coefficients, v: ocean.shape, seed: String(simulation.seed)), as: common)
  }

  private struct Written: CommandResult {
    let data: String
    let training, test, u: Int
    let v: [Int]
    let seed: String

    var text: String {
      "\(data): \(training) training and \(test) test pairs; u \(u), "
        + "v \(v.map(String.init).joined(separator: " × "))\n"
    }
  }
}
