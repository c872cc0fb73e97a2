import CoupletCore
import Files
import Foundation

/// The Swift side of bench/loss.py: `loss u.npy v.npy`, two N × d matrices of embeddings. Every line on standard
/// input, `LOSS plain` or `LOSS tiled`, is one value and gradient with respect to both, answered with the seconds and
/// the value (the median of as many as a third word says, one after another); `memory LOSS` answers with the bytes
/// needed at the peak beyond embeddings and gradients.
func lossBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 2 else {
    throw Failure("two arguments are expected", remedy: "u.npy v.npy")
  }
  Runtime.threads = 2
  let bench = LossBenchmark(
    u: try Tensor(Npy.read(arguments[0])), v: try Tensor(Npy.read(arguments[1])))
  while let line = readLine() {
    let words = line.split(separator: " ").map(String.init)
    guard (2...3).contains(words.count), let count = Int(words.count == 3 ? words[2] : "1"),
      count > 0
    else { throw Failure("'\(line)' is not a question", remedy: "ask LOSS FORM [COUNT]") }
    let answer =
      words[0] == "memory"
      ? "\(try bench.memory(words[1]))" : "\(try bench.time(words[0], words[1], count))"
    FileHandle.standardOutput.write(Data((answer + "\n").utf8))
  }
}

private struct LossBenchmark {
  let u, v: Tensor
  private let temperature = Tensor(0.07)

  init(u: Tensor, v: Tensor) {
    (self.u, self.v) = (u, v)
    u.requiresGradient = true
    v.requiresGradient = true
  }

  private func loss(_ name: String, _ evaluation: Evaluation) throws -> any Loss {
    switch name {
    case "two-sided": ConditionalLoss(.twoSided, evaluation: evaluation)
    case "u-given-v": ConditionalLoss(.uGivenV, evaluation: evaluation)
    case "v-given-u": ConditionalLoss(.vGivenU, evaluation: evaluation)
    case "joint": JointLoss(.offDiagonal, evaluation: evaluation)
    case "joint-all-pairs": JointLoss(.allPairs, evaluation: evaluation)
    case "mmd-two-sided": ConditionalMMDLoss(.twoSided, evaluation: evaluation)
    case "mmd-joint": JointMMDLoss(evaluation: evaluation)
    default: throw Failure("unknown loss '\(name)'", remedy: "see Loss.swift")
    }
  }

  /// Value and gradient at these embeddings, which are the samples, too, where kernels compare samples.
  private func evaluate(_ loss: any Loss, _ u: Tensor, _ v: Tensor) throws -> Double {
    let factors = Cosine().factors(u, v, temperature: temperature)
    let data = loss.usesData ? [u.detached(), v.detached()] : nil
    let value = loss(ScoredBatch(pairs: factors, data: data))
    value.backward()
    return value.item()
  }

  func time(_ name: String, _ evaluation: String, _ count: Int) throws -> String {
    let loss = try loss(name, evaluation == "plain" ? .plain : .tiled)
    var value = 0.0
    let seconds = try (0..<count).map { _ in
      clearGradients([u, v])
      let start = ContinuousClock.now
      value = try evaluate(loss, u, v)
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return "\(seconds.sorted()[count / 2]) \(value)"
  }

  func memory(_ name: String) throws -> Int {
    let loss = try loss(name, .tiled)
    // A small problem first, for what libtorch sets up once.
    let few = (u.detached()[0..<256].clone(), v.detached()[0..<256].clone())
    few.0.requiresGradient = true
    few.1.requiresGradient = true
    _ = try evaluate(loss, few.0, few.1)
    clearGradients([u, v])
    try Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
    let before = try kilobytes("VmRSS")
    _ = try evaluate(loss, u, v)
    let gradients = 4 * (u.count + v.count)
    return 1024 * (try kilobytes("VmHWM") - before) - gradients
  }

  private func kilobytes(_ key: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    for line in status.split(separator: "\n") where line.hasPrefix(key) {
      let digits = line.filter(\.isNumber)
      if let value = Int(digits) { return value }
    }
    throw Failure("no \(key) in /proc/self/status", remedy: "measure memory on Linux")
  }
}
