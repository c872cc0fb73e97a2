import CoupletCore
import Files

/// The transformer of trajectories (MATH §5.4): points of a path are lifted to tokens, positions in time are added,
/// residual blocks let the tokens look at each other, and what they hold is projected to d numbers.
///
/// For paths of `points` × c: N × points × c ↦ N × T × d' with T = ⌈points / (every · patch)⌉ tokens ↦ N × d.
///
/// ```swift
/// let encoder = TrajectoryTransformer(path: [1000, 2], dimension: 98, key: Key(0))
/// encoder(paths).shape   // [n, 98] for paths of shape [n, 1000, 2]
/// ```
public struct TrajectoryTransformer: SampleEncoder {
  /// Its shape, and what it sees of a path.
  public let settings: TransformerSettings
  let channels: PathChannels
  let lift: PathLift
  /// T × d': what is added to the tokens for their places, learned from the sinusoids on.
  let positions: Tensor
  let blocks: [TransformerBlock]
  let norm: LayerNorm
  /// d' × heads scores of `Pooling.attention`.
  let scores: Linear?
  let projection: Linear
  /// Of a point of a path.
  private let coordinates: Int

  /// - Parameters:
  ///   - path: points × coordinates of one path, which the settings must fit.
  ///   - dimension: d.
  public init(
    path: [Int], dimension: Int, settings: TransformerSettings = TransformerSettings(), key: Key
  ) {
    require(
      path.count == 2 && path[0] > 0,
      "TrajectoryTransformer: paths of shape \(path) do not fit \(settings)")
    let width = settings.width
    let tokens = settings.tokens(ofPoints: path[0])
    let keys = key.split(4)
    self.settings = settings
    self.coordinates = path[1]
    self.channels = PathChannels(settings)
    self.lift = PathLift(
      channels: channels.count(coordinates: path[1]), settings: settings, key: keys[0])
    self.positions = TrajectoryTransformer.sinusoids(tokens, width)
    positions.requiresGradient = true
    self.blocks = keys[1].split(settings.depth).map {
      TransformerBlock(
        width: width, heads: settings.heads, hidden: settings.hidden ?? 4 * width,
        causal: settings.isCausal, key: $0)
    }
    self.norm = LayerNorm(width)
    self.scores =
      settings.pooling == .attention ? Linear(width, settings.heads, key: keys[2]) : nil
    self.projection = Linear(
      settings.pooling == .all ? tokens * width : width, dimension, key: keys[3])
  }

  /// d, the number of outputs of the last linear map.
  public var dimension: Int { projection.dimension }

  /// Those of the parts, with the name of the part in front: `lift.…`, `blocks.0.…`, ….
  public var parameters: Parameters {
    blocks.enumerated().reduce(
      Parameters(parts: ["channels": channels.parameters, "lift": lift.parameters])
        + ["positions": positions]
    ) { $0 + Parameters(parts: ["blocks.\($1.offset)": $1.element.parameters]) }
      + Parameters(parts: [
        "norm": norm.parameters, "scores": scores?.parameters ?? [:],
        "projection": projection.parameters,
      ])
  }

  /// `transformer`, with its settings; scale and shift of a norm are `weight` and `bias` in PyTorch.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "transformer",
      [
        "tokens": .integer(positions.shape[0]),
        "coordinates": .integer(coordinates), "width": .integer(settings.width),
        "depth": .integer(settings.depth), "heads": .integer(settings.heads),
        "hidden": .integer(settings.hidden ?? 4 * settings.width),
        "causal": .bool(settings.isCausal), "pooling": .string(settings.pooling.rawValue),
        "every": .integer(settings.every), "patch": .integer(settings.patch),
        "velocities": .bool(settings.hasVelocities), "waves": .integer(settings.waves),
        "gated": .bool(settings.isGated), "bfloat16": .bool(settings.isMixedPrecision),
        "outputs": .integer(dimension),
      ], parameters.renamed(["scale": "weight", "shift": "bias"]))
  }

  /// N × points × coordinates ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let seen = channels(lengthened(input), mode: mode)
    return withMixedPrecision(settings.isMixedPrecision, on: input.device) {
      var tokens = lift(seen, mode: mode) + positions
      for (index, block) in blocks.enumerated() {
        tokens = block(tokens, mode: mode.folded(with: index))
      }
      return projection(pooled(norm(tokens, mode: mode), mode: mode), mode: mode)
    }.to(input.dtype)
  }

  /// The paths, with their first point repeated in front until they fall into whole tokens.
  private func lengthened(_ paths: Tensor) -> Tensor {
    let missing = positions.shape[0] * settings.every * settings.patch - paths.shape[1]
    guard missing > 0 else { return paths }
    let first = paths.narrow(dim: 1, 0..<1)
    return cat([first.expanded([paths.shape[0], missing, paths.shape[2]]), paths], dim: 1)
  }

  /// N × T × d' ↦ N × d', or N × T d'.
  private func pooled(_ tokens: Tensor, mode: Mode) -> Tensor {
    let (n, count, width) = (tokens.shape[0], tokens.shape[1], tokens.shape[2])
    guard let scores else {
      return settings.pooling == .all
        ? tokens.reshaped([n, count * width]) : tokens.select(dim: 1, count - 1)
    }
    // N × heads × 1 × T weights of N × heads × T × (width / heads) values.
    let heads = settings.heads
    let weights = scores(tokens, mode: mode).softmax(dim: 1).transposed(1, 2).unsqueezed(2)
    let values = tokens.reshaped([n, count, heads, width / heads]).transposed(1, 2)
    return matmul(weights.to(values.dtype), values).reshaped([n, width])
  }

  /// sin and cos of t / 10000^(2 i / width) in the columns 2 i and 2 i + 1 (Vaswani et al. 2017), t = 0 … count − 1.
  static func sinusoids(_ count: Int, _ width: Int) -> Tensor {
    let time = Tensor.arange(count, dtype: .float64).unsqueezed(1)
    let half = (width + 1) / 2
    let exponent =
      Tensor.arange(half, dtype: .float64) * (-2 * 9.210_340_371_976_184 / Double(width))
    let phase = time * exponent.exp().unsqueezed(0)
    return stack([phase.sin(), phase.cos()], dim: 2).reshaped([count, 2 * half])
      .narrow(dim: 1, 0..<width).to(.float32).contiguous()
  }
}
