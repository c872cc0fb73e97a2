import Couplet
import Encoders
import Files

/// What `config.json` of a run holds: all that is needed to repeat the run, one key an option of
/// `couplet train`, and what the data were found to be.
///
/// ```swift
/// var settings = RunConfiguration(for: data)   // what couplet train does without options
/// settings.encoderU = try EncoderSettings("mlp:256")
/// let coupling = try settings.coupling(training: data.training)
/// try settings.trainer().fit(coupling, to: data.training)
/// ```
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// The data: a SPEC, or two files.
  public var data: String?
  public var u: String?
  public var v: String?
  /// The fraction of the pairs that is kept for tests where the data bring no test pairs.
  public var heldOut = 0.1
  /// Whether every epoch has new simulated pairs, as many as the data hold for training; not when nil.
  public var online: Bool?

  public var encoderU: EncoderSettings
  public var encoderV: EncoderSettings
  /// d, the length of an embedding.
  public var dimension = 64
  public var tilting = "cosine"
  public var temperature = 0.07
  public var learnTemperature = true
  /// Between which a learned temperature stays.
  public var temperatureBounds = [0.01, 100]
  /// The learned scalars φ_u and φ_v that are added to the score.
  public var potentialU: EncoderSettings?
  public var potentialV: EncoderSettings?

  public var loss = "two-sided"
  /// λ_u and λ_v.
  public var weights: [Double]?
  /// Over which pairs the joint loss takes its normaliser.
  public var normalizer = JointLoss.Normalizer.offDiagonal
  /// By which the maximum mean discrepancy losses compare samples.
  public var kernelU = Kernel.gaussian()
  public var kernelV = Kernel.gaussian()
  public var referenceU = ReferenceSettings.batch
  public var referenceV = ReferenceSettings.batch

  /// Where the weights start; `random` when nil.
  public var start: Start?
  public var optimizer = "adam"
  public var learningRate = 1e-3
  public var weightDecay = 0.01
  public var momentum = 0.9
  public var schedule = ScheduleName.constant
  /// The fraction of the steps over which the learning rate rises.
  public var warmup = 0.0
  public var clip: Double?
  public var batch = 512
  public var chunk: Int?
  public var epochs = 20
  public var evaluateEvery = 1
  public var seed: UInt64 = 0

  /// Where the samples lie.
  public var spaceU: SampleSpace
  public var spaceV: SampleSpace
  /// How often each label occurs in the training pairs, where v is a label.
  public var labelFrequencies: [Double]?

  /// The run whose encoder of u was fine-tuned to this one; nil for a run that was trained whole.
  public var finetunedFrom: String?

  /// The version that wrote the file.
  public var version = CoupletVersion.current

  public enum ScheduleName: String, Codable, CaseIterable, Sendable {
    case constant, cosine, linear
  }

  /// The settings that hold where nothing else is said, for samples of these spaces.
  public init(u: SampleSpace, v: SampleSpace) {
    encoderU = RunConfiguration.encoder(for: u)
    encoderV = RunConfiguration.encoder(for: v)
    spaceU = u
    spaceV = v
  }

  /// The simplest encoder for a space.
  private static func encoder(for space: SampleSpace) -> EncoderSettings {
    switch space {
    case .labels: .oneHot
    case .real: .linear
    }
  }

  /// The temperature that suits a tilting where none is given.
  public static func temperature(for tilting: String) -> (value: Double, isLearned: Bool) {
    tilting == "cosine" ? (0.07, true) : (1, false)
  }
}

/// The version of the package and of the command.
public enum CoupletVersion {
  public static let current = "0.1.0"
}
