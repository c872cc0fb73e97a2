import CoupletCore
import Files

/// The shape of a `TrajectoryTransformer`, and what it sees of a path.
///
/// As text, `transformer[:OPTION…]` with the options
///
/// | option | meaning | default |
/// |---|---|---|
/// | `width=64` | d', the length of a token | 64 |
/// | `depth=12` | the number of residual blocks | 12 |
/// | `heads=4` | of each attention; they divide the width | 4 |
/// | `hidden=256` | the width of the perceptrons' hidden layers | 4 d' |
/// | `causal` | a token sees only itself and those before it | all tokens |
/// | `pooling=last\|attention\|all` | what is projected: `Pooling` | `last` |
/// | `every=10` | only every 10th point is seen | 1 |
/// | `patch=5` | so many points in succession make one token; where points are left over, the path is thought to have stood at its first point before | 1 |
/// | `velocities` | finite differences as further channels | none |
/// | `waves=3` | cos 2π⟨κ, x⟩ and sin 2π⟨κ, x⟩ for \|κ_i\| ≤ 3 as further channels | 0, none |
/// | `gated` | points are lifted by products of two linear maps | by one linear map |
/// | `bfloat16` | products of matrices in half the precision | float32 |
///
/// The defaults are the paper's where it gives them (depth, last token, all points); it gives neither width nor heads.
///
/// ```swift
/// var settings = TransformerSettings()
/// settings.depth = 4
/// ```
public struct TransformerSettings: Hashable, Sendable {
  /// How the tokens become one vector, which is then projected to d numbers.
  public enum Pooling: String, CaseIterable, Sendable {
    /// The last token, as in the paper.
    case last
    /// In each of as many groups of coordinates as there are heads a mean of all tokens, weighted by learned
    /// scores of theirs.
    case attention
    /// All tokens in a row.
    case all
  }

  /// d', the length of a token.
  public var width = 64
  /// The number of residual blocks.
  public var depth = 12
  /// Of each attention; they divide the width.
  public var heads = 4
  /// nil for four times the width.
  public var hidden: Int?
  /// Whether a token sees only itself and those before it.
  public var isCausal = false
  /// How the tokens become one vector.
  public var pooling = Pooling.last
  /// The last of so many points in succession is seen, from 1 for all points.
  public var every = 1
  /// So many points in succession make one token, from 1.
  public var patch = 1
  /// Whether finite differences of the path are further channels.
  public var hasVelocities = false
  /// The largest component of a wavenumber; 0 for no waves.
  public var waves = 0
  /// Whether points are lifted by products of two linear maps, not by one.
  public var isGated = false
  /// Whether products of matrices are taken in bfloat16.
  public var isMixedPrecision = false

  /// The standard settings; change what should differ.
  public init() {}

  /// The number of tokens of a path of so many points.
  func tokens(ofPoints points: Int) -> Int { (points - 1) / every / patch + 1 }

  /// Refuses paths of this shape, points × coordinates, that cannot be encoded so.
  private func requireFits(_ shape: [Int]) throws {
    guard shape.count == 2, shape[1] > 0 else {
      throw Failure(
        "it needs paths, points × coordinates, not samples of shape \(SampleSpace.real(shape: shape))",
        remedy: "save the paths as N × points × coordinates, or use linear or mlp:WIDTHS")
    }
    guard shape[0] >= every * patch else {
      throw Failure(
        "paths of \(shape[0]) points hold no token of every × patch = \(every * patch) points",
        remedy: "choose every and patch with a product of at most \(shape[0])")
    }
    guard waves == 0 || shape[1] % 2 == 0 else {
      throw Failure(
        "waves need points of the plane, and these have \(shape[1]) coordinates",
        remedy: "leave out waves")
    }
  }
}

extension TransformerSettings: EncoderDesign {
  static let options: [TextOption<TransformerSettings>] = [
    .value("width", .integer(in: 1...1_000_000), \.width),
    .value("depth", .integer(in: 1...10_000), \.depth),
    .value("heads", .integer(in: 1...1_000_000), \.heads),
    .value("hidden", .integer(in: 1...1_000_000), \.hidden), .flag("causal", \.isCausal),
    .value("pooling", .choice(of: Pooling.self), \.pooling),
    .value("every", .integer(in: 1...1_000_000), \.every),
    .value("patch", .integer(in: 1...1_000_000), \.patch),
    .flag("velocities", \.hasVelocities), .value("waves", .integer(in: 0...16), \.waves),
    .flag("gated", \.isGated), .flag("bfloat16", \.isMixedPrecision),
  ]

  /// Refuses a width that the heads do not divide.
  static func requireHeadsDivide(_ settings: TransformerSettings) throws {
    let (width, heads) = (settings.width, settings.heads)
    guard width % heads == 0 else {
      throw Failure(
        "\(heads) heads do not divide the width \(width)", remedy: "choose a multiple of \(heads)")
    }
  }

  /// The transformer of paths, which are samples of shape points × coordinates.
  /// - Throws: `Failure` when samples are no paths, options do not fit them, or no memory holds the parameters.
  public func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
    let shape = try space.requireShape()
    try requireFits(shape)
    let tokens = tokens(ofPoints: shape[0])
    // Attention has four matrices, the perceptron two.
    try requireRoom([
      [depth, 4, width, width], [depth, 2, width, hidden ?? 4 * width], [tokens, width],
      [pooling == .all ? tokens : 1, width, dimension],
    ])
    return TrajectoryTransformer(path: shape, dimension: dimension, settings: self, key: key)
  }
}

extension TrajectoryTransformer {
  /// `transformer[:OPTION…]`, with the options of `TransformerSettings`.
  static let entry = EncoderRegistry.Entry(
    "transformer", TransformerSettings(), TransformerSettings.options,
    check: TransformerSettings.requireHeadsDivide
  ) { $0 }
}
