import CoupletCore
import Encoders
import Files
import Training

// Every setting of a run, declared once: from here come the options of couplet train, and what config.json may hold.
extension RunConfiguration {
  /// How the data are read, where their files leave a choice; written down as `reading`.
  public static let ofReading: [Setting<RunConfiguration>] = [
    Setting(
      "space", .text("SIDE=KIND,…"), shown: "found from the data",
      help:
        "how the samples of u or v are interpreted: u=labels,v=real; real, labels, text or image"
    ) { settings, text in
      var options = settings.reading ?? .init()
      for item in text.split(separator: ",", omittingEmptySubsequences: false) {
        let parts = item.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2,
          let choice = SampleOptions.SpaceChoice(rawValue: parts[1]),
          settings.sides.contains(where: { $0.modality.name == parts[0] })
        else {
          throw Failure(
            "'\(item)' is not SIDE=KIND",
            remedy: "give u= or v= with real, labels, text or image, as in u=labels,v=real")
        }
        options.space = (options.space ?? [:]).merging([parts[0]: choice]) { $1 }
      }
      settings.reading = options
    },
    Setting(
      "header", .choice(["yes", "no"]),
      shown: "found from the data", help: "whether the first row of a table holds names"
    ) { settings, answer in
      var options = settings.reading ?? .init()
      options.header = answer == "yes"
      settings.reading = options
    },
    Setting(
      "missing", .choice(of: SampleOptions.MissingValues.self), shown: "refuse",
      help:
        "missing values are refused, their pairs dropped, or filled with the column's mean; mask adds a column that says where"
    ) { settings, choice in
      var options = settings.reading ?? .init()
      options.missing = choice
      settings.reading = options
    },
  ]

  /// Which pairs share a partner; written down as `reading`.
  public static let ofGroups: [Setting<RunConfiguration>] = [
    Setting(
      "groups", .text("FILE|COLUMN"), shown: "samples that repeat",
      help:
        "which pairs share a partner, as five captions of one image do: equal values in a file or in a column of a table, or none; a group is kept together by the split, and gives a batch one pair"
    ) { settings, text in
      var options = settings.reading ?? .init()
      let choice = GroupsChoice(text)
      options.groups = choice.file == nil ? choice : GroupsChoice(Folder.absolute(text))
      settings.reading = options
    }
  ]

  /// What the pairs are.
  public static let ofData: [Setting<RunConfiguration>] = [
    Setting(
      "held-out", .fraction, \.heldOut,
      help: "the part of the pairs kept for tests, where the data bring no test pairs"),
    Setting(
      "test", .form("FRACTION|FILE|none"), shown: "the fraction of --held-out",
      help:
        "the same, or a file with the rows of the test pairs: whole numbers from 0, .npy or text"
    ) { (settings, part: PartSettings) in
      switch part.absolute {
      case .fraction(let fraction): (settings.heldOut, settings.test) = (fraction, nil)
      case .rows(let file): settings.test = file
      }
    },
    Setting(
      "validation", .form("FRACTION|FILE|none"), shown: "0.1; none for fewer than 200 pairs",
      help:
        "the part of the pairs, or a file with their rows, by which training is stopped and the best epoch is found"
    ) { (settings, part: PartSettings) in settings.validation = part.absolute },
    Setting(
      "online", .flag, \.online,
      help:
        "simulate new pairs for every epoch, as many as the data hold: for gaussian-field and ocean"
    ),
  ]

  /// What the coupling is.
  public static let ofModel: [Setting<RunConfiguration>] = [
    Setting(
      "encoder-u", .form("ENCODER"), \.[.u].encoder, shown: "found from the data",
      help:
        "the encoder of u: linear, mlp:512,256, lenet, transformer (for paths; its options are in docs/ocean.md), embedding, one-hot or fixed; with :standardized its input has mean 0 and variance 1, with :whitened of mean 0 and covariance I, with :normalized embeddings have length 1"
    ),
    Setting(
      "encoder-v", .form("ENCODER"), \.[.v].encoder, shown: "found from the data",
      help: "the same for v"),
    Setting(
      "dimension", .dimension, \.dimension, shown: "64, or what an encoder implies",
      help: "the length of an embedding; auto: by the canonical spectrum (docs/training.md)"),
    Setting(
      "tilting", .form("TILTING", choices: Tiltings.names), \.tilting,
      help:
        "how two embeddings give a score; pair is a network on both, pair:correcting=cosine one that is added to the cosine (docs/pair-scores.md)"
    ),
    Setting(
      "temperature", .positive(), \.temperature, shown: "1; with cosine learned from 0.07",
      help: "the temperature τ by which scores are divided"),
    Setting(
      "learn-temperature", .flag, \.learnTemperature,
      help: "learn the temperature, starting at --temperature"),
    Setting(
      "temperature-bounds", .list(of: .positive(), count: 2), \.temperatureBounds,
      shown: "0.001,100", help: "the bounds of a learned temperature"),
    Setting(
      "potential-u", .form("ENCODER"), \.[.u].potential, none: "none",
      help:
        "a learned number added to the score for each u: quadratic, linear, mlp:64, embedding (a table, for labels) or none"
    ),
    Setting(
      "potential-v", .form("ENCODER"), \.[.v].potential, none: "none", help: "the same for each v"),
  ]

  /// What training makes small.
  public static let ofLoss: [Setting<RunConfiguration>] = [
    Setting(
      "loss", .form("LOSS", choices: Losses.names), \.loss, help: "the training objective"),
    Setting(
      "weights", "X,X", optionOf: \.loss, shown: "1,1",
      help: "the weights of u-given-v and v-given-u in a two-sided loss"),
    Setting(
      "normalizer", .choice(of: JointLoss.Normalizer.self), shown: "off-diagonal",
      help: "the pairs of a batch in the joint loss's normaliser"
    ) { settings, value in
      if value == .allPairs { settings.loss = try settings.loss.with(value.rawValue) }
    },
    Setting(
      "kernel-u", "KERNEL", optionOf: \.loss, shown: "gaussian",
      help:
        "the kernel of the mmd losses for u: gaussian, laplace (both with the median distance as bandwidth, or :H), polynomial:DEGREE or energy"
    ),
    Setting(
      "kernel-v", "KERNEL", optionOf: \.loss, shown: "gaussian", help: "the same for v"),
    Setting(
      "reference-u", .form("REFERENCE"), \.[.u].reference,
      help:
        "the reference measure of u, its negatives: batch, labels (all of them) or queue:N (N past embeddings)"
    ),
    Setting("reference-v", .form("REFERENCE"), \.[.v].reference, help: "the same for v"),
  ]

  /// How it is made small.
  public static let ofOptimisation: [Setting<RunConfiguration>] = [
    Setting(
      "start", .choice(of: Start.self), \.start, shown: "random",
      help:
        "where the weights start: at a random draw, at the canonical coordinates of the training pairs (linear encoders), or where the theory of Gaussian pairs with the training pairs' covariance says the loss is least (linear encoders, inner-product or squared-distance)"
    ),
    Setting(
      "epochs", .integer(in: 1...1_000_000_000), \.epochs, shown: "3,000 steps, at least 20",
      help: "the largest number of passes over the training pairs"),
    Setting("batch", .integer(in: 2...1_000_000_000), \.batch, help: "pairs in a step"),
    Setting("learning-rate", .positive(), \.learningRate, help: "the learning rate"),
    Setting(
      "optimizer", .form("OPTIMIZER", choices: Optimizers.names), \.optimizer,
      help: "the optimiser"),
    Setting(
      "weight-decay", "X", optionOf: \.optimizer, shown: "0.01",
      help: "the weight decay of adamw"),
    Setting(
      "momentum", "FRACTION", optionOf: \.optimizer, shown: "0.9", help: "the momentum of sgd"),
    Setting(
      "schedule", .form("SCHEDULE", choices: ["constant", "cosine", "linear"]), \.schedule,
      help: "the learning-rate schedule"),
    Setting(
      "warmup", .fraction, shown: "0",
      help: "the fraction of the steps over which the learning rate warms up"
    ) { settings, value in
      settings.schedule = try settings.schedule.with(warmup: value)
    },
    Setting(
      "clip", .positive(), \.clip,
      help: "clip gradients to this norm"),
    Setting(
      "chunk", .integer(in: 1...1_000_000_000), \.chunk,
      help: "encode at most this many rows at a time: less memory, same result"),
    Setting(
      "evaluate-every", .integer(in: 1...1_000_000_000), \.evaluateEvery, shown: "20 steps",
      help: "evaluate every N epochs"),
    Setting(
      "patience", .integer(in: 1...1_000_000_000), \.patience, none: "none",
      shown: "\(standardPatience)",
      help: "stop after N evaluations in succession that are no better than the best"),
    Setting(
      "keep", .choice(of: Keep.self), \.keep, shown: "best-rank to find partners, else best",
      help:
        "the epoch that is the model: the one with the lowest validation loss (best), the one with the highest mean reciprocal rank of validation pairs (best-rank), or the last"
    ),
  ]
}

extension ValueKind where Value == Int {
  /// The length of an embedding, or `auto`.
  fileprivate static var dimension: ValueKind {
    let number = integer(in: 1...EncoderSettings.largestDimension)
    let automatic = RunConfiguration.automaticDimension
    return ValueKind("N|auto", text: { $0 == automatic ? "auto" : "\($0)" }) {
      $0 == "auto" ? automatic : try number.parse($0)
    }
  }
}
