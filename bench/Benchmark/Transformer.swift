import CoupletCore
import Encoders
import Files
import Foundation

/// The Swift side of bench/transformer.py: `transformer start.safetensors`. The file holds the weights to start from,
/// `paths` and `coefficients`. For every line on standard input it takes a training step on these pairs and prints the
/// seconds that took and the loss.
func transformerBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 1 else {
    throw Failure("one argument is expected", remedy: "start.safetensors")
  }
  Runtime.threads = 2
  var tensors = try Safetensors.read(arguments[0]).tensors()
  guard let paths = tensors.removeValue(forKey: "paths"),
    let coefficients = tensors.removeValue(forKey: "coefficients")
  else {
    throw Failure(
      "there are no paths and coefficients", at: arguments[0], remedy: "run bench/transformer.py")
  }
  let encoder = try EncoderSettings("transformer:depth=4").build(
    for: .real(shape: Array(paths.shape.dropFirst())), dimension: coefficients.shape[1],
    key: Key(0))
  try encoder.parameters.load(tensors, from: arguments[0])
  let coupling = Coupling(
    u: Fixed(coefficients.shape[1]), v: encoder, tilting: .cosine,
    temperature: try Temperature(.fixed(0.07)))
  let optimizer = Adam(coupling.parameters.tensors, learningRate: 1e-4)
  let loss = ConditionalLoss(.twoSided)
  let mode = Mode.training(Key(1))
  while readLine() != nil {
    let start = ContinuousClock.now
    let value = optimizer.step {
      let scores = coupling.factors(
        coupling.embed(.u, coefficients, mode: mode), coupling.embed(.v, paths, mode: mode))
      let value = loss(ScoredBatch(pairs: scores))
      value.backward()
      return value
    }
    let result = value.item()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    FileHandle.standardOutput.write(Data("\(seconds) \(result)\n".utf8))
  }
}
