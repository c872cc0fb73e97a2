import CoupletCore
import Files
import Foundation
import Runs
import Torch
import Training

extension Experiments {
  /// What `couplet train --for posterior` and `couplet sample` make of simulators whose posterior is known.
  static let posteriors = Experiment(
    "posteriors", .truth, "posteriors of public simulators against exact draws"
  ) { try $0.posteriors(of: $0.isQuick ? PosteriorEffort.quickTasks : PosteriorTask.all) }

  /// Its tasks one by one, by names of their own: hours can so be divided among machines and days. What one found is read
  /// again by the study in the same folder.
  static let posteriorTasks = PosteriorTask.all.map { task in
    Experiment("posterior-\(task.key)", .truth, "\(task.name): its posterior against exact draws") {
      try $0.posteriors(of: [task])
    }
  }
}

extension Workshop {
  fileprivate func posteriors(of tasks: [PosteriorTask]) throws -> Findings {
    let effort = isQuick ? PosteriorEffort.quick : .full
    let rows = try tasks.flatMap { task in
      try effort.simulations.map { try measure(task, simulations: $0, effort) }
    }
    let means = rows.map { String(format: "\($0.task), \($0.simulations): %.3f", $0.mean) }
    return try Findings(
      settings: effort, numbers: Named(rows.map { ("\($0.task), \($0.simulations)", $0) }),
      figures: [],
      verdict: "classifier two-sample accuracy (½ is the best): " + means.joined(separator: "; "))
  }
}

/// How much is done.
struct PosteriorEffort: Encodable {
  /// Pairs that a run has.
  let simulations: [Int]
  /// Observations, drawn by the prior and the simulator.
  let observations: Int
  /// Draws for each, and exact ones beside them.
  let draws: Int
  /// Draws of the prior among which draws are found in the plane, and chains start elsewhere.
  let candidates: Int
  /// Markov chains, where there are more than two coordinates.
  let chains: Int
  /// Their transitions before those that are kept.
  let warmUp: Int
  /// Epochs of a training; those of the purpose when nil.
  let epochs: Int?

  static let full = PosteriorEffort(
    simulations: [1_000, 10_000], observations: 10, draws: 2_000, candidates: 100_000,
    chains: 200, warmUp: 150, epochs: nil)
  static let quick = PosteriorEffort(
    simulations: [500], observations: 2, draws: 500, candidates: 5_000, chains: 50, warmUp: 50,
    epochs: 20)
  static let quickTasks = [PosteriorTask.twoMoons, .gaussianLinear]
}

/// What was found of a task.
struct PosteriorRow: Codable {
  let task: String
  let simulations: Int
  /// The accuracy of the classifier two-sample test at each observation.
  let accuracies: [Double]
  /// The same of exact draws against other exact ones, at the first observation.
  let exact: Double
  /// The score that was learned: `pair`, or the closed form.
  let tilting: String
  /// How draws were found.
  let method: String
  /// The smallest effective number of candidates, or of draws of the chains.
  let effectiveSampleSize: Double
  /// The largest R̂ of chains.
  let largestR: Double?
  let secondsOfTraining: Double?
  let secondsOfDrawing: Double
  let published: [String: Double]

  var mean: Double { accuracies.reduce(0, +) / Double(accuracies.count) }
}

extension PosteriorTask.Published {
  /// Under the names of JSON.
  var named: [String: Double] {
    [
      "npe": npe, "nre": nre, "bestByForest": bestByForest, "nreByForest": nreByForest,
    ].compactMapValues(\.self)
  }
}

extension Workshop {
  /// Trains, draws and compares, or reads what an earlier run of the experiment found.
  fileprivate func measure(
    _ task: PosteriorTask, simulations: Int, _ effort: PosteriorEffort
  ) throws -> PosteriorRow {
    let name = "\(task.key)-\(simulations)\(isQuick ? "-quick" : "")-seed\(seed)"
    let file = path("posteriors/\(name).json")
    if let data = FileManager.default.contents(atPath: file),
      let row = try? JSONDecoder().decode(PosteriorRow.self, from: data)
    {
      return row
    }
    let keys = key(20).folded(with: simulations).split(5)
    let theta = try task.drawPrior(simulations, keys[0])
    let data = try stored(
      try task.pairs(theta, task.simulate(theta, keys[1])), name: "posterior-\(name)",
      groups: task.groups)
    let (coupling, settings) = try posterior(
      of: data, groups: task.groups, name: "posterior-\(name)", effort)
    let causes = try task.drawPrior(effort.observations, keys[2])
    let observations = task.simulate(causes, keys[3])
    let clock = ContinuousClock.now
    var (accuracies, sizes, largestR) = ([Double](), [Double](), [Double]())
    var exact = 0.5
    let drawing = PosteriorDraws(coupling, task, effort)
    for place in 0..<effort.observations {
      let own = keys[4].folded(with: place).split(4)
      try progress(place, of: effort.observations, note: name)
      let truth = task.posterior(observations[place], effort.draws, own[0])
      let found = try drawing(task.apart(observations[place..<place + 1]), own[1])
      accuracies.append(ClassifierTwoSampleTest(truth, found.draws, key: own[2]).accuracy)
      sizes.append(found.effectiveSampleSize)
      found.largestR.map { largestR.append($0) }
      guard place == 0 else { continue }
      let others = task.posterior(observations[place], effort.draws, own[3])
      exact = ClassifierTwoSampleTest(truth, others, key: own[2]).accuracy
    }
    let row = PosteriorRow(
      task: task.name, simulations: simulations, accuracies: accuracies, exact: exact,
      tilting: "\(settings.tilting)", method: drawing.method,
      effectiveSampleSize: sizes.min() ?? 0, largestR: largestR.max(),
      secondsOfTraining: try seconds(ofRun: "posterior-\(name)"),
      secondsOfDrawing: (ContinuousClock.now - clock) / .seconds(1),
      published: task.published.named)
    try Folder.make(path("posteriors"))
    try AtomicFile.write(json: row, to: file)
    log(
      String(
        format: "\(task.name), \(simulations) simulations: C2ST %.3f (exact draws %.3f), "
          + "\(settings.tilting), %.0f s of drawing", row.mean, row.exact, row.secondsOfDrawing))
    return row
  }

  /// A run as `couplet train --for posterior` makes one.
  private func posterior(
    of data: Dataset, groups: GroupsChoice?, name: String, _ effort: PosteriorEffort
  ) throws -> (Coupling, RunConfiguration) {
    var settings = try RunConfiguration(for: data, purpose: .posterior)
    (settings.data, settings.seed) = (data.name, seed)
    settings.reading = DataOptions(groups: groups)
    // The observations are drawn beside the pairs, of which none need be kept for tests.
    settings.heldOut = 0
    let parts = try settings.parts(of: data)
    settings.setLength(for: parts, given: [], purpose: .posterior)
    effort.epochs.map { settings.epochs = $0 }
    if let reason = try settings.takeLinearLikelihood(parts, given: []) {
      log("\(name): \(reason)")
    }
    let coupling = try settings.coupling(training: parts.training)
    let comparison = parts.validation.flatMap {
      LossComparison(
        training: parts.training, validation: $0, batch: settings.batch, loss: settings.loss.value)
    }
    try train(
      coupling, on: parts.training, of: data, parts: parts, name: name, settings: settings,
      compare: comparison.map { compare in { try compare($0) } })
    return (coupling, settings)
  }
}

/// Draws as `couplet sample` makes them, given the exact prior: among candidates in the plane, by Hamiltonian Monte Carlo where
/// there are more coordinates.
private struct PosteriorDraws {
  private let coupling: Coupling
  private let task: PosteriorTask
  private let settings: PosteriorEffort

  init(_ coupling: Coupling, _ task: PosteriorTask, _ settings: PosteriorEffort) {
    (self.coupling, self.task, self.settings) = (coupling, task, settings)
  }

  var method: String { task.dimension <= 2 ? "gallery" : ChainMethod.hamiltonian.rawValue }

  /// - Parameter observations: independent ones of one cause, each a row.
  func callAsFunction(_ observations: Tensor, _ key: Key) throws -> (
    draws: Tensor, effectiveSampleSize: Double, largestR: Double?
  ) {
    let keys = key.split(3)
    let candidates = try task.drawPrior(settings.candidates, keys[0])
    let law = coupling.conditional(
      of: .u, givenTogether: coupling.embed(.v, observations),
      among: coupling.embed(.u, candidates), candidates: candidates)
    guard task.dimension > 2 else {
      return (
        candidates.indexSelect(Tensor(law.sample(settings.draws, key: keys[1]))),
        law.effectiveSampleSize, nil
      )
    }
    let target = ConditionalTarget(
      coupling, .u, given: observations, reference: try task.reference(), shape: [task.dimension])
    let chains = target.sample(
      .hamiltonian, from: target.starts(settings.chains, from: law, key: keys[1]),
      warmUp: settings.warmUp,
      draws: MarkovChains.draws(for: settings.draws, chains: settings.chains), key: keys[2])
    return (
      target.samples(chains.flattened).spread(settings.draws), chains.effectiveSampleSize,
      chains.largestR
    )
  }
}
