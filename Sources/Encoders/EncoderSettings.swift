import Couplet
import Files

/// Which encoder, with its options: what a command line and a configuration file say of it.
///
/// As text, `NAME[:WIDTHS][:OPTION…]`, where every NAME takes the option `normalized` (`Normalized`) too, and
/// every one of real samples takes `standardized` (`Standardized`) and `whitened` (`Whitened`):
///
/// | text | encoder |
/// |---|---|
/// | `linear[:no-bias]` | `Linear` |
/// | `mlp:512,256[:relu\|tanh][:dropout=0.1]` | `MLP` with hidden layers of these widths |
/// | `lenet` | `LeNet` |
/// | `quadratic` | `Quadratic`: one number, for potentials |
/// | `transformer[:OPTION…]` | `TrajectoryTransformer`, with the options of `TransformerSettings` |
/// | `embedding` | `Embedding`: a learned vector for each label |
/// | `one-hot` | `OneHot` |
/// | `fixed` | `Fixed` |
///
/// The text is also its JSON value, and `description` gives it back.
///
/// ```swift
/// let settings = try EncoderSettings("mlp:512,256")
/// let encoder = try settings.build(for: .real(shape: [784]), dimension: 64, key: Key(0))
/// ```
public struct EncoderSettings: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case linear(bias: Bool)
    /// `widths` are those of the hidden layers.
    case mlp(widths: [Int], activation: Activation, dropout: Double)
    case leNet
    case quadratic
    case transformer(TransformerSettings)
    case embedding
    case oneHot
    case fixed
  }

  public var kind: Kind
  /// Whether the encoder sees samples of mean 0 and variance 1, coordinate by coordinate
  /// (`Standardized`).
  public var isStandardized: Bool
  /// Whether the encoder sees samples of mean 0 and covariance I (`Whitened`), after standardising if that is
  /// asked for too.
  public var isWhitened: Bool
  /// Whether embeddings have length 1 (`Normalized`).
  public var isNormalized: Bool

  public init(
    _ kind: Kind, standardized: Bool = false, whitened: Bool = false, normalized: Bool = false
  ) {
    self.kind = kind
    self.isStandardized = standardized
    self.isWhitened = whitened
    self.isNormalized = normalized
  }

  /// - Throws: `Failure` naming the encoders, or the options of this one, when the text is not a setting.
  public init(_ text: String) throws {
    var fields = Fields(text)
    switch fields.name {
    case "linear": kind = .linear(bias: !fields.take("no-bias"))
    case "mlp":
      kind = .mlp(
        widths: try fields.takeWidths(), activation: fields.takeActivation(),
        dropout: try fields.takeDropout())
    case "lenet": kind = .leNet
    case "quadratic": kind = .quadratic
    case "transformer": kind = .transformer(try TransformerSettings(taking: &fields.options))
    case "embedding": kind = .embedding
    case "one-hot": kind = .oneHot
    case "fixed": kind = .fixed
    default:
      throw Failure(
        "there is no encoder '\(fields.name)'",
        remedy:
          "use linear, mlp:WIDTHS (mlp:512,256), lenet, quadratic, transformer, embedding, one-hot or fixed"
      )
    }
    isStandardized = kind.takesLabels ? false : fields.take("standardized")
    isWhitened = kind.takesLabels ? false : fields.take("whitened")
    isNormalized = fields.take("normalized")
    if let rest = fields.options.first {
      throw Failure(
        "the encoder \(fields.name) has no option '\(rest)'", remedy: "use \(kind.usage)")
    }
  }

  /// The embedding dimension that this encoder has by itself on samples of a space; nil when it is free.
  public func impliedDimension(for space: SampleSpace) -> Int? {
    switch (kind, space) {
    case (.oneHot, .labels(let labels)): labels.count
    case (.fixed, .real): space.size
    case (.quadratic, .real): 1
    default: nil
    }
  }
}

extension EncoderSettings.Kind {
  /// Whether the samples are labels; otherwise they are real.
  var takesLabels: Bool { self == .embedding || self == .oneHot }

  var name: String {
    switch self {
    case .linear: "linear"
    case .mlp: "mlp"
    case .leNet: "lenet"
    case .quadratic: "quadratic"
    case .transformer: "transformer"
    case .embedding: "embedding"
    case .oneHot: "one-hot"
    case .fixed: "fixed"
    }
  }

  fileprivate var usage: String {
    switch self {
    case .linear: "linear[:no-bias][:standardized][:whitened][:normalized]"
    case .mlp: "mlp:WIDTHS[:relu|:tanh][:dropout=P][:standardized][:whitened][:normalized]"
    case .leNet, .fixed, .quadratic: "\(name)[:standardized][:whitened][:normalized]"
    case .transformer: TransformerSettings.usage
    case .embedding, .oneHot: "\(name)[:normalized]"
    }
  }
}

extension EncoderSettings: CustomStringConvertible, Codable {
  public var description: String {
    var fields = [kind.name]
    switch kind {
    case .linear(bias: false): fields.append("no-bias")
    case .mlp(let widths, let activation, let dropout):
      fields.append(widths.map(String.init).joined(separator: ","))
      if activation != .gelu { fields.append(activation.rawValue) }
      if dropout > 0 { fields.append("dropout=\(dropout)") }
    case .transformer(let settings):
      if settings != TransformerSettings() { fields.append(settings.description) }
    default: break
    }
    if isStandardized { fields.append("standardized") }
    if isWhitened { fields.append("whitened") }
    if isNormalized { fields.append("normalized") }
    return fields.joined(separator: ":")
  }

  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// The parts of `NAME:OPTION:…`, taken one by one.
private struct Fields {
  let name: String
  var options: [String]

  init(_ text: String) {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    name = fields[0]
    options = Array(fields.dropFirst())
  }

  mutating func take(_ option: String) -> Bool {
    guard let place = options.firstIndex(of: option) else { return false }
    options.remove(at: place)
    return true
  }

  mutating func takeWidths() throws -> [Int] {
    let texts = options.first?.split(separator: ",", omittingEmptySubsequences: false) ?? []
    let widths = texts.compactMap { Int($0) }.filter { $0 > 0 }
    guard !widths.isEmpty, widths.count == texts.count else {
      throw Failure(
        "the encoder mlp lacks the widths of its hidden layers", remedy: "say, mlp:512,256")
    }
    options.removeFirst()
    return widths
  }

  mutating func takeActivation() -> Activation {
    Activation.allCases.first { take($0.rawValue) } ?? .gelu
  }

  mutating func takeDropout() throws -> Double {
    guard let place = options.firstIndex(where: { $0.hasPrefix("dropout=") }) else { return 0 }
    let text = options.remove(at: place).dropFirst("dropout=".count)
    guard let probability = Double(text), (0..<1).contains(probability) else {
      throw Failure(
        "'\(text)' is not a probability of dropout", remedy: "give a number from 0 to below 1")
    }
    return probability
  }
}

extension EncoderSettings {
  /// Whether building the encoder takes statistics of the samples.
  public var needsStatistics: Bool { isStandardized || isWhitened }
}
