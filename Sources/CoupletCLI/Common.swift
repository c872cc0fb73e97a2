import Arguments
import CoupletCore
import Experiments
import Files
import Runs
import Synchronization

/// The options of every command, and what they set.
struct Common {
  private static let seed = Argument.option(
    "seed", .seed, default: 0, "the seed of all random numbers: same seed, same result")
  private static let threads = Argument.option(
    "threads", .integer(in: 1...), shown: "one per core; under mpirun a share of the cores",
    "threads per operation")
  private static let device = Argument.option(
    "device", .text("NAME"), default: "cpu", "the device to compute on: cpu, cuda, cuda:N or mps")
  private static let quiet = Argument.flag("quiet", short: "q", "print no progress and no warnings")
  private static let json = Argument.flag("json", "print the result as one JSON object")

  static let arguments: [any ArgumentDeclaration] = [seed, threads, device, quiet, json]

  /// nil when the user gave none.
  let givenSeed: UInt64?
  /// The key of the seed.
  let key: Key
  let device: Device
  let quiet: Bool
  let json: Bool

  /// Reads the options and sets the number of threads.
  init(_ arguments: ParsedArguments) throws {
    Experiments.register()
    givenSeed = arguments.isGiven(Self.seed) ? arguments[Self.seed] : nil
    key = Key(arguments[Self.seed])
    // Of several processes the first speaks.
    quiet = arguments[Self.quiet] || Communicator.launchedRank ?? 0 > 0
    json = arguments[Self.json]
    do {
      device = try Device(arguments[Self.device])
    } catch let failure as Failure {
      throw UsageError(failure.at(.setting("device")))
    }
    if let threads = arguments[Self.threads] {
      guard threads <= 1024 else {
        throw UsageError(
          "\(threads) threads are too many", at: .setting("threads"), remedy: "give at most 1024")
      }
      Runtime.threads = threads
    } else if let processes = Communicator.processesHere, processes > 1 {
      Runtime.threads = max(1, Runtime.threads / processes)
    }
  }

  /// A line on standard error, unless that is to be quiet.
  func log(_ line: String) { if !quiet { Console.report(line) } }

  /// What was assumed about data: one line, each once.
  var report: @Sendable (String) -> Void {
    let quiet = quiet
    let said = Said()
    return { if !quiet, said.isNew($0) { Console.report("couplet: \($0)") } }
  }

  private final class Said: Sendable {
    private let lines = Mutex<Set<String>>([])

    func isNew(_ line: String) -> Bool { lines.withLock { $0.insert(line).inserted } }
  }

  /// A warning: what is doubtful and what to do about it.
  func warn(_ line: String) { log("couplet: warning: \(line)") }
}
