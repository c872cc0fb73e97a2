import CoupletCore
import Encoders
import Files
import Foundation
import Training

/// The Swift side of bench/train.py: `train folder loss seed`. Reads images.npy (bytes) and labels.npy from the
/// folder, writes the initial weights and the order of the first epoch's pairs beside them, and trains LeNet against
/// one-hot labels with `Trainer`. For every number on standard input it takes that many steps and prints the
/// seconds they took and the last one's loss.
func trainBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 3, let seed = UInt64(arguments[2]) else {
    throw Failure("three arguments are expected", remedy: "folder loss seed")
  }
  let folder = arguments[0]
  Runtime.threads = 2
  let pairs = try PairedData(
    u: try Tensor(Npy.read(folder + "/images.npy")).to(.float32) / 255,
    v: try Tensor(Npy.read(folder + "/labels.npy")))
  let coupling = Coupling(
    u: LeNet(image: [28, 28], dimension: 10, key: Key(seed)), v: OneHot(classes: 10),
    tilting: .innerProduct, temperature: try Temperature(.fixed(1)))
  for (index, weight) in coupling.parameters.tensors.enumerated() {
    try Npy.write(weight.detached().numericArray, to: "\(folder)/weight.\(index).npy")
  }
  // The order that the trainer draws from the same seed.
  let order = Tensor.permutation(pairs.count, key: Key(seed).split().0.folded(with: 0))
  try Npy.write(order.numericArray, to: folder + "/order.npy")

  let trainer = Trainer(
    loss: try Losses.named(arguments[1]), optimizer: .adam(learningRate: 1e-3), batchSize: 512,
    epochs: 1_000_000, seed: seed)
  var turns = Turns()
  try trainer.fit(
    coupling, to: pairs,
    onEvent: { if case .step(_, _, _, let loss) = $0 { turns.step(loss: loss) } },
    shouldStop: { turns.isStopping() })
}

/// Takes turns with the peer: waits for a number of steps, takes them, answers.
private struct Turns {
  private var left = 0
  private var isReady = false
  private var start = ContinuousClock.now

  /// Asked before every step; waits when the turn is the peer's. True at the end of the input.
  mutating func isStopping() -> Bool {
    guard left == 0 else { return false }
    if !isReady { say("ready") }
    isReady = true
    guard let line = readLine(), let steps = Int(line), steps > 0 else { return true }
    left = steps
    start = .now
    return false
  }

  mutating func step(loss: Double) {
    left -= 1
    if left == 0 { say("\((ContinuousClock.now - start) / .seconds(1)) \(loss)") }
  }

  private func say(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}
