import Couplet
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
/// | `patch=5` | so many points in succession make one token | 1 |
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

  public var width = 64
  public var depth = 12
  public var heads = 4
  /// nil for four times the width.
  public var hidden: Int?
  public var isCausal = false
  public var pooling = Pooling.last
  public var every = 1
  public var patch = 1
  public var hasVelocities = false
  /// The largest component of a wavenumber; 0 for no waves.
  public var waves = 0
  public var isGated = false
  public var isMixedPrecision = false

  public init() {}

  /// The number of tokens of a path of so many points.
  func tokens(ofPoints points: Int) -> Int { points / every / patch }

  /// - Throws: `Failure` saying why paths of this shape, points × coordinates, cannot be encoded so.
  func requireFits(_ shape: [Int], at place: String) throws {
    guard shape.count == 2, shape[1] > 0 else {
      throw Failure(
        "it needs paths, points × coordinates, not samples of shape \(SampleSpace.real(shape: shape))",
        at: place, remedy: "save the paths as N × points × coordinates, or use linear or mlp:WIDTHS"
      )
    }
    let points = shape[0]
    guard tokens(ofPoints: points) > 0, points % (every * patch) == 0 else {
      throw Failure(
        "paths of \(points) points do not fall into tokens of every × patch = \(every * patch) points",
        at: place, remedy: "choose every and patch so that their product divides \(points)")
    }
    guard waves == 0 || shape[1] % 2 == 0 else {
      throw Failure(
        "waves need points of the plane, and these have \(shape[1]) coordinates", at: place,
        remedy: "leave out waves")
    }
  }
}

// MARK: As text

extension TransformerSettings: CustomStringConvertible {
  static let usage =
    "transformer[:width=N][:depth=N][:heads=N][:hidden=N][:causal][:pooling=last|attention|all]"
    + "[:every=N][:patch=N][:velocities][:waves=N][:gated][:bfloat16][:standardized][:whitened][:normalized]"

  /// The text after the name: the options that differ from their defaults.
  public var description: String {
    let standard = TransformerSettings()
    func number(_ name: String, _ path: KeyPath<Self, Int>) -> String? {
      self[keyPath: path] == standard[keyPath: path] ? nil : "\(name)=\(self[keyPath: path])"
    }
    return [
      number("width", \.width), number("depth", \.depth), number("heads", \.heads),
      hidden.map { "hidden=\($0)" }, isCausal ? "causal" : nil,
      pooling == standard.pooling ? nil : "pooling=\(pooling.rawValue)",
      number("every", \.every), number("patch", \.patch), hasVelocities ? "velocities" : nil,
      number("waves", \.waves), isGated ? "gated" : nil, isMixedPrecision ? "bfloat16" : nil,
    ].compactMap { $0 }.joined(separator: ":")
  }

  /// Takes the options it knows out of `options`.
  /// - Throws: `Failure` for a value that is none, or a width that the heads do not divide.
  init(taking options: inout [String]) throws {
    try options.removeAll { try take($0) }
    guard width % heads == 0 else {
      throw Failure(
        "\(heads) heads do not divide the width \(width)", remedy: "choose a multiple of \(heads)")
    }
  }

  private mutating func take(_ option: String) throws -> Bool {
    let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard parts.count == 2 else { return takeFlag(name) }
    let numbers: [String: WritableKeyPath<Self, Int>] = [
      "width": \.width, "depth": \.depth, "heads": \.heads, "every": \.every, "patch": \.patch,
      "waves": \.waves,
    ]
    let text = String(parts[1])
    if let path = numbers[name] {
      self[keyPath: path] = try Self.number(text, name)
    } else if name == "hidden" {
      hidden = try Self.number(text, name)
    } else if name == "pooling" {
      guard let value = Pooling(rawValue: text) else {
        throw Failure("there is no pooling '\(text)'", remedy: "use last, attention or all")
      }
      pooling = value
    } else {
      return false
    }
    return true
  }

  private mutating func takeFlag(_ name: String) -> Bool {
    switch name {
    case "causal": isCausal = true
    case "velocities": hasVelocities = true
    case "gated": isGated = true
    case "bfloat16": isMixedPrecision = true
    default: return false
    }
    return true
  }

  private static func number(_ text: String, _ name: String) throws -> Int {
    let range = name == "waves" ? 0...16 : 1...1_000_000
    guard let value = Int(text), range.contains(value) else {
      throw Failure(
        "'\(text)' is no \(name) of a transformer",
        remedy: "give a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }
}
