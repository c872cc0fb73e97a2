import CoupletCore
import Files

/// Which encoder, with its options: what a command line and a configuration file say of it.
///
/// As text, `NAME[:OPTION…]`, where every NAME takes the option `normalized` (`Normalized`) too, and every one of
/// real samples takes `standardized` or `scaled` (`Standardized`, coordinate by coordinate or jointly) and `whitened`
/// (`Whitened`):
///
/// | text | encoder |
/// |---|---|
/// | `linear[:no-bias][:identity]` | `Linear`, which may start at the identity |
/// | `mlp:512,256[:relu\|:tanh][:dropout=0.1]` | `MLP` with hidden layers of these widths |
/// | `lenet` | `LeNet` |
/// | `cnn[:width=16][:dropout=0.1]` | `CNN`: images of any size |
/// | `quadratic` | `Quadratic`: one number, for potentials |
/// | `transformer[:OPTION…]` | `TrajectoryTransformer`, with the options of `TransformerSettings` |
/// | `ngrams[:sizes=1,3,4,5][:buckets=16384][:hidden=256][:dropout=0.1]` | `NGrams`: texts |
/// | `embedding` | `Embedding`: a learned vector for each label |
/// | `one-hot` | `OneHot` |
/// | `fixed` | `Fixed` |
/// | `torchscript:FILE[:train]` | `Pretrained`: a network from PyTorch, frozen or not, and a linear map |
/// | `pt2:FILE` | `Pretrained`: one that PyTorch compiled ahead of time |
///
/// A client's own are added by `EncoderRegistry.register`.
///
/// ```swift
/// let settings = try EncoderSettings("mlp:512,256")
/// let encoder = try settings.build(for: .real(shape: [784]), dimension: 64, key: Key(0))
/// ```
public struct EncoderSettings: TextForm {
  /// Which encoder, with the options of its own.
  public private(set) var design: Registered<EncoderRegistry>
  /// Whether the encoder sees samples of mean 0 and variance 1, coordinate by coordinate (`Standardized`).
  public var isStandardized = false
  /// Whether the encoder sees samples of mean 0 and mean variance 1 (`Standardized`, jointly).
  public var isScaled = false
  /// Whether the encoder sees samples of mean 0 and covariance I (`Whitened`), after standardising if that is
  /// asked for too.
  public var isWhitened = false
  /// Whether embeddings have length 1 (`Normalized`).
  public var isNormalized = false

  /// `linear`.
  public static let linear = EncoderSettings(Linear.entry)
  /// `one-hot`.
  public static let oneHot = EncoderSettings(OneHot.entry)
  /// `embedding`.
  public static let embedding = EncoderSettings(Embedding.entry)

  /// The encoder that an entry's name alone stands for.
  public init(_ entry: EncoderRegistry.Entry) { design = Registered(entry) }

  /// - Throws: `Failure` naming the encoders, or the options of this one, when the text is not a setting.
  public init(_ text: String) throws {
    var fields = TextFields(text, of: "encoder")
    let entry = try EncoderRegistry.registry.entry(for: fields)
    self.init(entry)
    let shared = EncoderSettings.options(entry.standard)
    try shared.read(&self, from: &fields)
    guard !isStandardized || !isScaled else {
      throw Failure(
        "standardized and scaled exclude each other",
        remedy: "give every coordinate its own scale, or all one")
    }
    design = try Registered(entry, taking: &fields)
    try fields.requireEmpty(usage: entry.usage + shared.usage())
  }

  /// The text that gives the settings back.
  public var description: String {
    var plain = self
    (plain.isStandardized, plain.isScaled) = (false, false)
    (plain.isWhitened, plain.isNormalized) = (false, false)
    return design.description
      + EncoderSettings.options(design.value).text(of: self, standard: plain)
  }

  /// The options that all encoders of such samples have.
  private static func options(_ design: any EncoderDesign) -> [TextOption<EncoderSettings>] {
    (design.takesNumbers
      ? [
        .flag("standardized", \.isStandardized), .flag("scaled", \.isScaled),
        .flag("whitened", \.isWhitened),
      ] : [])
      + [.flag("normalized", \.isNormalized)]
  }

  /// The embedding dimension that this encoder has by itself on samples of a space; nil when it is free.
  public func impliedDimension(for space: SampleSpace) -> Int? {
    design.value.impliedDimension(for: space)
  }
}

extension EncoderSettings {
  /// Whether building the encoder takes statistics of the samples.
  public var needsStatistics: Bool { isStandardized || isScaled || isWhitened }
}
