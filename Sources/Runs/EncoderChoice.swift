import CoupletCore
import Encoders
import Files
import Foundation
import Training

/// Which encoders a run has where nothing is said: by the space of the samples, and, for vectors, by short trainings
/// that are compared on the validation pairs.
///
/// ```swift
/// var choice = EncoderChoice(settings, parts)
/// let settings = try choice.best()   // all that was decided, as config.json holds it
/// choice.trials                      // what was tried
/// ```
public struct EncoderChoice {
  /// What was tried, in that order.
  public private(set) var trials: [Trial] = []
  private let settings: RunConfiguration
  private let parts: PairParts
  private let given: Set<String>
  private let device: Device
  private let shouldStop: () -> Bool

  /// Steps of the training of a trial.
  public static let stepsOfTrial = 200

  /// - Parameters:
  ///   - given: the names of the settings that are given, which stay as they are.
  ///   - shouldStop: asked before every step.
  public init(
    _ settings: RunConfiguration, _ parts: PairParts, given: Set<String> = [],
    device: Device = .cpu, shouldStop: @escaping () -> Bool = { false }
  ) {
    (self.settings, self.parts, self.given) = (settings, parts, given)
    (self.device, self.shouldStop) = (device, shouldStop)
  }

  /// Whether anything is to be decided: not where the model or its objective are named.
  public var isOpen: Bool {
    let closing: Set = [
      "tilting", "loss", "start", "online", "potential-u", "potential-v", "dimension",
    ]
    return given.isDisjoint(with: closing)
      && settings.sides.contains { !given.contains("encoder-\($0.modality)") }
  }

  // MARK: By the space

  /// The preparations of vectors that are compared, and the perceptrons, the usual one first: what a second hidden layer
  /// adds it adds with much dropout.
  private static let preparations = ["scaled", "standardized"]
  private static let perceptrons = ["512:dropout=0.2", "512:dropout=0.5", "512,512:dropout=0.5"]

  /// The encoder for samples of a space.
  static func encoder(
    for space: SampleSpace, prepared: String = preparations[0], perceptron: String = perceptrons[0]
  ) throws -> EncoderSettings {
    switch space {
    case .labels: return .oneHot
    case .text: return try EncoderSettings("ngrams")
    case .image: return try EncoderSettings("cnn")
    case .real(let shape):
      if shape.count == 2, shape[0] >= 16, shape[1] <= 8 {
        // At most 32 tokens or so.
        let patch = max(1, shape[0] / 32)
        return try EncoderSettings(
          "transformer:depth=2:pooling=attention" + (patch > 1 ? ":patch=\(patch)" : ""))
      }
      if shape.count >= 2, shape.suffix(2).allSatisfy({ $0 >= 12 }), shape.count <= 3 {
        return try EncoderSettings("cnn:scaled")
      }
      return try EncoderSettings("mlp:\(perceptron):\(prepared)")
    }
  }

  private func isVector(_ side: SideSettings) -> Bool {
    guard !given.contains("encoder-\(side.modality)"), side.space.shape != nil else { return false }
    return (try? EncoderChoice.encoder(for: side.space).description.hasPrefix("mlp")) ?? false
  }

  private func standard(_ prepared: [String], _ perceptron: String = perceptrons[0]) throws
    -> RunConfiguration
  {
    var settings = settings
    for (place, side) in settings.sides.enumerated()
    where !given.contains("encoder-\(side.modality)") {
      settings.sides[place].encoder = try EncoderChoice.encoder(
        for: side.space, prepared: prepared[place], perceptron: perceptron)
    }
    let implied = settings.sides.compactMap { $0.encoder.impliedDimension(for: $0.space) }.first
    settings.dimension = implied ?? settings.dimension
    return settings
  }

  /// What is taken where nothing is compared.
  func usual() throws -> RunConfiguration { try standard(["scaled", "scaled"]) }

  /// All that is compared: the baselines as starts, and perceptrons with each preparation; of equals the simplest first.
  func candidates() throws -> [RunConfiguration] {
    let prepared = settings.sides.map {
      isVector($0) ? EncoderChoice.preparations : ["scaled"]
    }
    let isChosen = settings.sides.contains(where: isVector)
    let perceptrons = try prepared[0].flatMap { u in
      try prepared[1].flatMap { v in
        try EncoderChoice.perceptrons.prefix(isChosen ? .max : 1).map { try standard([u, v], $0) }
      }
    }
    let closing: Set = [
      "encoder-u", "encoder-v", "tilting", "temperature", "learn-temperature", "dimension", "start",
      "potential-u", "potential-v",
    ]
    guard given.isDisjoint(with: closing) else { return perceptrons }
    let baselines = Baselines(settings: settings, parts: parts)
    return baselines.kinds.compactMap { try? baselines.configuration($0) } + perceptrons
  }

  /// What a baseline sets: where one of these is given there is none to start from.
  private static let ofBaselines: Set = [
    "encoder-u", "encoder-v", "temperature", "learn-temperature",
  ]

  // MARK: By trial

  /// The settings with everything decided; the same for the same settings and pairs.
  /// - Throws: `Failure` when training fails, or is asked to stop.
  public mutating func best() throws -> RunConfiguration {
    let vectors = settings.sides.map(isVector)
    let first = try usual()
    guard vectors.contains(true) else { return first }
    guard parts.validation != nil else {
      let isFew = parts.training.pairsPerEpoch < PairedData.fewestForValidation
      return isFew ? try bestOfFolds(first) : first
    }
    guard parts.training.count >= 150 else { return first }
    // How each side's coordinates are scaled, then the perceptron.
    let u = vectors[0] ? EncoderChoice.preparations : ["scaled"]
    let v = vectors[1] ? EncoderChoice.preparations : ["scaled"]
    var candidates = try u.flatMap { u in try v.map { try standard([u, $0]) } }
    guard
      var best = try candidates.map({ try trial($0) })
        .max(by: { $0.outcome.merit < $1.outcome.merit })
    else { return first }
    let prepared = best.settings.sides.map {
      $0.encoder.isStandardized ? "standardized" : "scaled"
    }
    candidates = try EncoderChoice.perceptrons.dropFirst().map {
      try standard(prepared, $0)
    }
    for candidate in candidates {
      let next = try trial(candidate)
      if next.outcome.merit > best.outcome.merit { best = next }
    }
    if given.isDisjoint(with: EncoderChoice.ofBaselines) {
      let baselines = Baselines(settings: settings, parts: parts)
      for candidate in baselines.kinds.compactMap({ try? baselines.configuration($0) }) {
        // Of equals the simplest.
        let next = try trial(candidate)
        if next.outcome.merit >= best.outcome.merit { best = next }
      }
    }
    return best.settings
  }

  /// Where there are too few pairs for a validation part: the usual encoders and the baselines, trained for as long as the
  /// run will be and, the baselines, for one epoch, compared by the mean rank over five folds of the training pairs. The
  /// simplest is taken that is within a standard error of the best (Breiman, Friedman, Olshen and Stone 1984).
  private mutating func bestOfFolds(_ usual: RunConfiguration) throws -> RunConfiguration {
    let folds = parts.training.folds(Baselines.folds, key: Key(settings.seed))
    guard !folds.isEmpty, given.isDisjoint(with: EncoderChoice.ofBaselines) else { return usual }
    let baselines = Baselines(settings: settings, parts: parts)
    var candidates: [RunConfiguration] = []
    for baseline in baselines.kinds.compactMap({ try? baselines.configuration($0) }) {
      if !given.contains("epochs") {
        candidates.append(baseline)
        candidates[candidates.count - 1].epochs = 1
      }
      candidates.append(baseline)
    }
    guard !candidates.isEmpty else { return usual }
    candidates.append(usual)
    var ranks: [Double] = []
    for candidate in candidates {
      var trained = candidate
      // So many steps in any case: there is nothing to stop by.
      (trained.keep, trained.patience, trained.evaluateEvery) = (.last, nil, trained.epochs)
      let outcomes = try folds.map { fold in
        try outcome(
          trained, PairParts(training: fold.training, validation: fold.heldOut), mostSteps: .max)
      }
      let rank = outcomes.map(\.rank).reduce(0, +) / Double(outcomes.count)
      let loss = outcomes.map(\.loss).reduce(0, +) / Double(outcomes.count)
      trials.append(
        Trial(
          encoders: candidate.sides.map(\.encoder.description), rank: rank, loss: loss,
          steps: outcomes[0].steps, partings: outcomes.count))
      ranks.append(rank)
    }
    let best = ranks.max() ?? 0
    // Reciprocal ranks lie in [0, 1]: their variance is at most m(1 − m).
    let error = (best * (1 - best) / Double(parts.training.pairsPerEpoch)).squareRoot()
    return candidates[ranks.firstIndex { $0 >= best - error } ?? 0]
  }

  private func outcome(_ settings: RunConfiguration, _ parts: PairParts, mostSteps: Int) throws
    -> TrialTraining.Outcome
  {
    let train = TrialTraining(parts: parts, device: device, shouldStop: shouldStop)
    guard let outcome = try train(settings, mostSteps: mostSteps) else {
      throw Failure(
        "interrupted while encoders were chosen; nothing was written",
        remedy: "give the same command again, or name the encoders")
    }
    return outcome
  }

  /// A short training.
  private mutating func trial(_ settings: RunConfiguration) throws -> (
    settings: RunConfiguration, outcome: TrialTraining.Outcome
  ) {
    var short = settings
    let steps = EncoderChoice.stepsOfTrial
    let pairs = min(parts.training.pairsPerEpoch, Memory.bytes([steps, settings.batch]))
    let batches = max(1, (pairs + settings.batch - 1) / settings.batch)
    short.epochs = max(1, steps / batches)
    short.evaluateEvery = min(short.epochs, max(1, 30 / batches))
    (short.keep, short.patience) = (.best, 3)
    let outcome = try outcome(short, parts, mostSteps: steps)
    trials.append(
      Trial(
        encoders: settings.sides.map(\.encoder.description), rank: outcome.rank,
        loss: outcome.loss, hasLearned: outcome.hasLearned))
    return (settings, outcome)
  }
}
