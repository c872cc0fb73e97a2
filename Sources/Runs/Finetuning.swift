import CoupletCore
import Encoders
import Files
import Foundation
import Training

/// How `couplet finetune` fits the labels' side of a coupling to new data ((32)–(35)).
public struct Finetuning: Sendable {
  /// Passes over the labelled samples.
  public var epochs = 100
  /// Samples in a batch.
  public var batch = 512
  /// Of Adam.
  public var learningRate = 1e-2
  /// A decoupled ridge on the weights, which keeps them finite when classes are separable; 0 for none.
  public var weightDecay = 0.0

  /// The standard settings; change what should differ.
  public init() {}

  /// A fine-tuned classifier as a coupling of its own, with the settings that build it anew.
  public struct Result {
    /// The settings from which the coupling is built anew.
    public let configuration: RunConfiguration
    /// The encoder of u as it was, and the labels' side as fitted.
    public let coupling: Coupling
    /// The mean cross-entropy of the training pairs, nats.
    public let crossEntropy: Double
    /// Quality on the pairs that were kept for tests, if any.
    public let heldOut: EvaluationReport?

    /// Writes a run directory that every command accepts.
    /// - Throws: `Failure` when a run is there already, or a file cannot be written.
    /// - Parameters:
    ///   - data: what was read.
    ///   - parts: what of it was trained with, and what was kept for tests.
    ///   - page: writes the run's page. It is there when the folder is a run, since nothing goes on with one that was stopped.
    public func write(
      to path: String, data: Dataset, parts: PairParts,
      seconds: Double, page: (RunDirectory) throws -> Void = { _ in }
    ) throws -> RunDirectory {
      let directory = try RunDirectory(creating: path)
      let training = parts.training
      let profile = try coupling.scoreProfile(of: training.sample(4096)).metadata()
      let batches = (training.count + configuration.batch - 1) / configuration.batch
      // What an earlier attempt may have left.
      try directory.truncateMetrics(afterEpoch: 0)
      try directory.append([
        EpochMetrics(
          epoch: configuration.epochs, step: configuration.epochs * batches,
          loss: crossEntropy - configuration.logClasses,
          learningRate: configuration.learningRate, temperature: configuration.temperature,
          seconds: seconds, heldOut: heldOut)
      ])
      try directory.saveModel(coupling, metadata: profile)
      // With the settings, the last to be written, the folder is a run.
      try directory.begin(configuration, data, parts) { try page(directory) }
      return directory
    }
  }

  /// Freezes the encoder of u of `run` and its temperature, and fits an embedding and a log-prior for each label
  /// of `data` by the one-sided v|u loss over all labels, which is cross-entropy. The embeddings start at those
  /// that the run has for the labels it knows.
  ///
  /// The result is again a coupling: its v is the label, its encoder of v a table, its potential of v the
  /// log-prior. What is fitted is ν(label | u); ν(u | label) follows from it but was not asked for.
  ///
  /// - Parameters:
  ///   - settings: of the run to make (`settings(for:of:)`), with the data's name.
  ///   - labels: the labels as samples of the run's v; those that the run was trained with when nil.
  ///   - onEpoch: told the number of epochs done.
  /// - Throws: `Failure` when v is not a label, u is not what the run knows, or the loss diverges.
  public func fit(
    _ run: TrainedRun, to training: PairedData, heldOut: PairedData?, settings: RunConfiguration,
    labels: Tensor? = nil, onEpoch: (Int) -> Void = { _ in }
  ) throws -> Result {
    let classes = try Finetuning.classes(settings[.v].space)
    let known = try labels ?? Finetuning.knownLabels(run, classes: classes)
    let classifier = try FineTunedClassifier(
      run.coupling, labels: known, classes: classes,
      priors: settings[.v].labelFrequencies.map { Tensor($0) })
    let crossEntropy = try classifier.fit(
      training[.u].all(), classes: training[.v].all().array(Int.self), epochs: epochs,
      batchSize: batch,
      learningRate: learningRate, weightDecay: weightDecay, seed: settings.seed, onEpoch: onEpoch)

    let model = classifier.labelModel
    var settings = settings
    settings.tilting = try TiltingSettings(model.tilting.name)
    let coupling = try settings.coupling()
    try coupling.load(
      Finetuning.values(of: run.coupling, model.embeddings, model.potentials), from: run.path)
    let loss = settings.loss.value
    return Result(
      configuration: settings, coupling: coupling, crossEntropy: crossEntropy,
      heldOut: try heldOut.map { try RunResult.quality(of: coupling, on: $0, loss: loss) })
  }

  /// The settings of the run that fine-tuning makes, on `data`: those of `run` where they are not of the labels'
  /// side.
  /// - Throws: `Failure` when the data have no labels, or their u is not what the run knows.
  public func settings(for data: Dataset, of run: TrainedRun) throws -> RunConfiguration {
    guard run.coupling.network == nil else {
      throw Failure(
        "the run has a pair score, and fine-tuning fits a linear map of embeddings", at: run.path,
        remedy: "fine-tune a run with cosine, inner-product or squared-distance")
    }
    _ = try Finetuning.classes(data[.v])
    _ = try data.training[.u].matching(run.space(.u))
    let standard = RunConfiguration(for: data)
    var settings = run.configuration
    settings[.v] = standard[.v]
    settings[.v].encoder = .embedding
    settings[.v].potential = .embedding
    settings[.v].reference = .labels
    settings[.u].reference = .batch
    if run.coupling.tilting is Cosine { settings[.u].encoder.isNormalized = true }
    settings.temperature = run.coupling.temperature.current
    settings.learnTemperature = false
    settings.start = nil
    settings.online = nil
    settings.loss = try LossSettings("v-given-u")
    settings.optimizer = try OptimizerChoice("adamw:weight-decay=\(weightDecay)")
    settings.learningRate = learningRate
    settings.schedule = .constant
    settings.clip = nil
    settings.chunk = nil
    settings.batch = batch
    settings.epochs = epochs
    settings.evaluateEvery = epochs
    (settings.validation, settings.keep, settings.patience) = (PartSettings.none, .last, nil)
    settings.extendedFrom = nil
    (settings.finetunedFrom, settings.experiment) = (run.path, nil)
    settings.version = standard.version
    return settings
  }

  private static func classes(_ space: SampleSpace) throws -> Int {
    guard let labels = space.labels else {
      throw Failure(
        "v is not a label in these data", remedy: "give data whose v is one whole number per pair")
    }
    return labels.count
  }

  /// The labels of the run that are among the classes; nil when its v is no label.
  private static func knownLabels(_ run: TrainedRun, classes: Int) throws -> Tensor? {
    guard let known = run.space(.v).labels else { return nil }
    return .arange(min(known.count, classes))
  }

  /// The values of the coupling to be: the u side as it was, the labels' side as fitted.
  private static func values(
    of coupling: Coupling, _ embeddings: Tensor, _ potentials: Tensor
  ) -> [String: Tensor] {
    var values = Dictionary(
      uniqueKeysWithValues: coupling.savedTensors.filter {
        $0.name.hasPrefix("u.") || $0.name.hasPrefix("potential.u.")
      }.map { ($0.name, $0.tensor.detached()) })
    values["v.table"] = embeddings
    values["potential.v.table"] = potentials.unsqueezed(1)
    return values
  }
}

extension RunConfiguration {
  /// log K, by which cross-entropy exceeds the one-sided loss over K labels (Proposition 6.1).
  fileprivate var logClasses: Double {
    self[.v].space.labels.map { log(Double($0.count)) } ?? 0
  }
}
