import CTorch
import Files

/// Multi-head self-attention on N × length × width sequences (Vaswani et al. 2017): softmax(Q Kᵀ / √w) V
/// in each head of width w = width / heads, by libtorch's fused kernel.
public struct MultiHeadAttention: Layer {
  let projection: Linear
  let output: Linear
  let heads: Int
  let causal: Bool

  /// - Parameter causal: whether a position attends only to itself and those before it.
  public init(width: Int, heads: Int, causal: Bool = false, key: Key) {
    require(
      width % heads == 0, "MultiHeadAttention: width \(width) is not a multiple of \(heads) heads")
    let (first, second) = key.split()
    self.projection = Linear(width, 3 * width, key: first)
    self.output = Linear(width, width, key: second)
    self.heads = heads
    self.causal = causal
  }

  /// `projection.…` makes queries, keys and values of a token; `output.…` joins the heads.
  public var parameters: Parameters {
    Parameters(parts: ["projection": projection.parameters, "output": output.parameters])
  }

  /// N × length × width ↦ the same shape; the mode makes no difference.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let (n, length, width) = (input.shape[0], input.shape[1], input.shape[2])
    // N × length × (3 · heads · w) → 3 × N × heads × length × w.
    let joint = projection(input, mode: mode)
      .reshaped([n, length, 3, heads, width / heads]).permuted([2, 0, 3, 1, 4])
    let mixed = scaledDotProductAttention(joint[0], joint[1], joint[2], causal: causal)
    return output(mixed.transposed(1, 2).reshaped([n, length, width]), mode: mode)
  }
}

/// softmax(query · keyᵀ / √w) · value for … × length × w operands.
public func scaledDotProductAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, causal: Bool = false
) -> Tensor {
  tensor("attention", [query, key, value]) {
    ct_attention($0, query.raw, key.raw, value.raw, causal)
  }
}
