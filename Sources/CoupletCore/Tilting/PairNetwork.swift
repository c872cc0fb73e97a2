import Files
import Torch

/// The network of a pair score (MATH §14), f(u, v) for two vectors joined: a linear map to the width w, residual blocks with
/// the norms in front, and a linear map to one number,
///
///     h = W [u; v] + b,   h ← h + B gelu(A norm(h) + a) + c,   f = ⟨o, norm(h)⟩.
///
/// o starts at 0, so that an untrained network scores 0 everywhere and leaves what it corrects as it is. Inputs are taken as
/// they are; norms of inputs were rejected: in few dimensions they leave nothing of a sample but signs.
///
/// ```swift
/// let network = PairNetwork(inputs: (2, 3), width: 128, blocks: 3, key: Key(0))
/// network.scores(u, v).matrix   // N × M, for N × 2 and M × 3
/// ```
public struct PairNetwork {
  /// One residual block.
  struct Block {
    let norm: LayerNorm
    let first, second: Linear

    init(_ width: Int, key: Key) {
      let (a, b) = key.split()
      norm = LayerNorm(width)
      (first, second) = (Linear(width, width, key: a), Linear(width, width, key: b))
    }

    func callAsFunction(_ h: Tensor) -> Tensor { h + second(first(norm(h)).gelu()) }

    var parameters: Parameters {
      Parameters(parts: [
        "norm": norm.parameters, "first": first.parameters, "second": second.parameters,
      ])
    }
  }

  /// The lengths of u and v.
  public let inputs: (u: Int, v: Int)
  let input: Linear
  let blocks: [Block]
  let norm: LayerNorm
  let output: Linear

  /// With weights drawn by the key.
  public init(inputs: (u: Int, v: Int), width: Int, blocks: Int, key: Key) {
    let keys = key.split(blocks + 2)
    self.inputs = inputs
    input = Linear(inputs.u + inputs.v, width, key: keys[0])
    self.blocks = (0..<blocks).map { Block(width, key: keys[$0 + 1]) }
    norm = LayerNorm(width)
    output = Linear(width, 1, bias: false, key: keys[blocks + 1])
    withoutGradients { output.weight.copy(from: output.weight.zerosLike()) }
  }

  /// `input.…`, `blocks.0.…` and so on, `norm.…` and `output.weight`.
  public var parameters: Parameters {
    Parameters(
      parts: [("input", input.parameters)]
        + blocks.enumerated().map { ("blocks.\($0.offset)", $0.element.parameters) }
        + [("norm", norm.parameters), ("output", output.parameters)])
  }

  /// What it is for `couplet export`: a `pair` module with the shapes of the maps.
  public var portable: PortableEncoder {
    PortableEncoder(
      "pair",
      [
        "inputs": .array([inputs.u, inputs.v]), "width": .integer(norm.scale.count),
        "blocks": .integer(blocks.count),
      ], parameters.renamed(["scale": "weight", "shift": "bias"]))
  }

  /// f at all pairs of rows of u (N × n_u) and v (M × n_v), evaluated when asked for, in the precision and on the device of
  /// the weights: 4 w² operations a block and pair.
  public func scores(_ u: Tensor, _ v: Tensor) -> JoinedScores {
    let weight = input.weight
    func brought(_ x: Tensor) -> Tensor { x.to(deviceOf: weight).to(weight.dtype) }
    return JoinedScores(
      left: linear(brought(u), weight: weight.narrow(dim: 1, 0..<inputs.u), bias: input.bias),
      right: linear(
        brought(v), weight: weight.narrow(dim: 1, inputs.u..<inputs.u + inputs.v)), head: head)
  }

  /// From h, n × w, to n numbers.
  private func head(_ h: Tensor) -> Tensor {
    output(norm(blocks.reduce(h) { $1($0) })).flattened()
  }
}
