import CoupletCore
import Encoders
import Files
import Training

/// What `config.json` of a run holds: all that is needed to repeat the run, one key an option of
/// `couplet train`, and what the data were found to be.
///
/// ```swift
/// var settings = RunConfiguration(for: data)   // what couplet train does without options
/// settings[.u].encoder = try EncoderSettings("mlp:256")
/// let coupling = try settings.coupling(training: data.training)
/// try settings.trainer().fit(coupling, to: data.training)
/// ```
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// The layout of the file.
  public var format = RunConfiguration.currentFormat
  /// The data as a whole, a SPEC; nil where each side has its file.
  public var data: String?
  /// How the data are read, where something is said of it.
  public var reading: DataOptions?
  /// The fraction of the pairs that is kept for tests where the data bring no test pairs.
  public var heldOut = 0.1
  /// A file with the rows of the pairs that are kept for tests, in place of a fraction.
  public var test: String?
  /// The pairs by which training is stopped and the best epoch found; a tenth where there are 200 pairs when nil.
  public var validation: PartSettings?
  /// Whether every epoch has new simulated pairs, as many as the data hold for training; not when nil.
  public var online: Bool?

  /// In the order of the coupling's sides.
  public var sides: [SideSettings]
  /// d, the length of an embedding.
  public var dimension = 64
  /// How embeddings make a score.
  public var tilting = TiltingSettings.cosine
  /// τ, or where it starts when it is learned.
  public var temperature = 0.07
  /// Whether τ is learned.
  public var learnTemperature = true
  /// Between which a learned temperature stays.
  public var temperatureBounds = [0.001, 100]

  /// What training makes small.
  public var loss = LossSettings.twoSided

  /// Where the weights start; `random` when nil.
  public var start: Start?
  /// The rule by which parameters change.
  public var optimizer = OptimizerChoice.adam
  /// The length of steps, before the schedule.
  public var learningRate = 1e-3
  /// How the learning rate changes over the steps.
  public var schedule = Schedule.constant
  /// The largest norm of a gradient, beyond which it is scaled down; no limit when nil.
  public var clip: Double?
  /// Pairs in a batch.
  public var batch = 512
  /// At most so many rows are encoded at once with derivatives; whole batches when nil.
  public var chunk: Int?
  /// Passes over the pairs.
  public var epochs = 20
  /// Held-out pairs are looked at after every so many epochs, and after the last.
  public var evaluateEvery = 1
  /// Whether the weights of the best epoch on the validation pairs are the model, or those of the last.
  public var keep = Keep.best
  /// Training stops after so many evaluations in succession that are no better than the best; never when nil.
  public var patience: Int? = RunConfiguration.standardPatience
  /// Of weights, order of pairs, split and all else that is random.
  public var seed: UInt64 = 0

  /// Which of several runs of the same settings this is, from 1 on: all that the seed draws is another draw, but for the
  /// parts of the pairs; nil for the first, which is as a run alone.
  public var member: Int?

  /// The run whose encoder of u was fine-tuned to this one; nil for a run that was trained whole.
  public var finetunedFrom: String?

  /// The experiments that the run is of, `gaussian`, `mnist` or `ocean`, where it was trained by more than settings say: its
  /// own first weights, statistics of mirrored samples, shifted images. The model needs none of it; nil for a run that its
  /// settings repeat.
  public var experiment: String?

  /// The numbers of epochs that the run was begun, and gone on with, before it was extended to the present one.
  public var extendedFrom: [Int]?

  /// The version that wrote the file.
  public var version = CoupletVersion.current

  /// The settings that hold where nothing else is said, for samples of these spaces.
  public init(u: SampleSpace, v: SampleSpace) {
    sides = [SideSettings(.u, space: u), SideSettings(.v, space: v)]
  }

  /// The layout that this version writes.
  public static let currentFormat = 3
  /// Evaluations without a better one before training stops.
  public static let standardPatience = 15

  /// The settings of a side, which must be there.
  public subscript(_ modality: Modality) -> SideSettings {
    get { sides[place(of: modality)] }
    set { sides[place(of: modality)] = newValue }
  }

  private func place(of modality: Modality) -> Int {
    guard let place = sides.firstIndex(where: { $0.modality == modality }) else {
      // A programmer's error, as an index out of range is.
      fatalError("RunConfiguration: no modality \(modality) among \(sides.map(\.modality))")
    }
    return place
  }

  /// The temperature that suits a tilting where none is given.
  public static func temperature(for tilting: TiltingSettings) -> (value: Double, isLearned: Bool) {
    (tilting.value.pair?.corrected ?? tilting).name == "cosine" ? (0.07, true) : (1, false)
  }
}

/// The version of the package and of the command.
public enum CoupletVersion {
  /// As `couplet --version` prints it.
  public static let current = "0.1.0"
}
