import CoupletCore

/// A residual block of a transformer (Vaswani et al. 2017, with the norms in front): attention mixes the tokens, a
/// perceptron changes each,
///
///     x ← x + attention(norm x),   x ← x + perceptron(norm x)
///
/// on N × length × width sequences.
///
/// ```swift
/// let block = TransformerBlock(width: 64, heads: 4, hidden: 256, causal: false, key: Key(0))
/// block(tokens).shape  // that of the tokens
/// ```
public struct TransformerBlock: Layer {
  let norms: (LayerNorm, LayerNorm)
  let attention: MultiHeadAttention
  let perceptron: (Linear, Linear)

  /// - Parameters:
  ///   - width: a multiple of `heads`.
  ///   - hidden: the width of the perceptron's hidden layer.
  ///   - causal: whether a token sees only itself and those before it.
  public init(width: Int, heads: Int, hidden: Int, causal: Bool, key: Key) {
    let keys = key.split(3)
    self.norms = (LayerNorm(width), LayerNorm(width))
    self.attention = MultiHeadAttention(width: width, heads: heads, causal: causal, key: keys[0])
    self.perceptron = (
      Linear(width, hidden, key: keys[1]), Linear(hidden, width, key: keys[2])
    )
  }

  /// `norms.0.…`, `attention.…`, `norms.1.…`, `perceptron.0.…` and `perceptron.1.…`.
  public var parameters: Parameters {
    Parameters(parts: [
      "norms.0": norms.0.parameters, "attention": attention.parameters,
      "norms.1": norms.1.parameters, "perceptron.0": perceptron.0.parameters,
      "perceptron.1": perceptron.1.parameters,
    ])
  }

  /// N × length × width ↦ the same shape.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let x = input + attention(norms.0(input, mode: mode), mode: mode)
    let hidden = perceptron.0(norms.1(x, mode: mode), mode: mode).gelu()
    return x + perceptron.1(hidden, mode: mode)
  }
}
