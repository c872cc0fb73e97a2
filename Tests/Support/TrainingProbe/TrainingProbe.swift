import CoupletCore
import Files
import Foundation
import Training

/// Trains a small coupling into a folder, with a checkpoint after every step, going on from the folder's
/// checkpoint when there is one: a process for tests to kill.
///
///     TrainingProbe FOLDER [best]
///
/// With `best` the best of 30 epochs on other pairs is kept, and training stops when none is better for 8. With `ranks`
/// for a folder, see `RanksProbe`, and with `shared` `SharedProbe`.
@main
struct TrainingProbe {
  /// Random features with dropout, so that what a step does depends on the keys of the step.
  private struct Features: SampleEncoder {
    let linear: Linear
    let dropout = Dropout(0.3)
    var dimension: Int { 3 }
    var parameters: Parameters { linear.parameters }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
      dropout(linear(input, mode: mode), mode: mode)
    }
  }

  static func main() throws {
    if CommandLine.arguments[1] == "ranks" {
      return try RanksProbe.main(Array(CommandLine.arguments.dropFirst(2)))
    }
    if CommandLine.arguments[1] == "shared" { return try SharedProbe.main() }
    let keys = Key(11).split(4)
    let latent = Tensor.normal([60, 3], key: keys[0])
    let pairs = try PairedData(u: latent.exp(), v: latent + .normal([60, 3], key: keys[1]) * 0.1)
    let coupling = Coupling(
      u: Features(linear: Linear(3, 3, key: keys[2])),
      v: Features(linear: Linear(3, 3, key: keys[3])), tilting: Cosine(),
      temperature: try Temperature(.learned(initial: 0.2)))
    let keepsBest = CommandLine.arguments.count > 2
    let trainer = Trainer(
      loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: keepsBest ? 0.05 : 0.01),
      batchSize: 16, epochs: keepsBest ? 30 : 10, schedule: .cosine(warmup: 0.1), seed: 5,
      checkpointInterval: 0, keep: keepsBest ? .best : .last, patience: keepsBest ? 8 : nil)
    let comparison = LossComparison(
      training: pairs[0..<40], validation: pairs[40..<60], batch: 16, loss: trainer.loss)
    try trainer.fit(
      coupling, to: keepsBest ? pairs[0..<40] : pairs,
      evaluate: { try $0.evaluate(on: pairs, loss: trainer.loss) },
      compare: {
        try comparison?.callAsFunction($0) ?? ComparedLoss(size: 2, training: 0, validation: 0)
      },
      in: RunDirectory(creating: CommandLine.arguments[1]), resume: true)
  }
}
