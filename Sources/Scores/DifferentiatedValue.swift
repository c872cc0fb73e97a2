import CTorch
import Torch

/// A scalar whose derivatives are known: the one seam through which a value and its gradient that were computed
/// together, tile by tile, enter automatic differentiation.
///
/// The result has the given value, and `backward()` passes `gradients[i]` (times whatever arrives) on to `inputs[i]`,
/// once. The gradients are handed over: nobody else may keep them.
///
/// ```swift
/// // |x|², differentiated by hand
/// differentiated(x.square().sum().detached(), inputs: [x], gradients: [x.detached() * 2])
/// ```
public func differentiated(_ value: Tensor, inputs: [Tensor], gradients: [Tensor]) -> Tensor {
  let wanted = zip(inputs, gradients).filter { $0.0.requiresGradient }
  guard !wanted.isEmpty else { return value }
  let inputs = wanted.map(\.0)
  return tensor("differentiated", inputs) { out in
    withHandles(inputs) { inputs, _ in
      withHandles(wanted.map(\.1)) { ct_with_gradients(out, value.raw, inputs, $0, $1) }
    }
  }
}

/// The value of a sum of parts, each a function of the same factors, and its gradient, one part after
/// another: the memory is that of one part. Where something is joined to the factors, whose function has parameters of its
/// own, the parts are added as they are.
///
/// ```swift
/// accumulated(factors, parts: (0..<10).map { part in { $0.rows(100 * part..<100 * (part + 1)).matrix.exp().sum() } })
/// ```
public func accumulated(
  _ factors: ScoreFactors, parts: [(ScoreFactors) -> Tensor]
) -> Tensor {
  let inputs = factors.operands
  guard inputs.contains(where: \.requiresGradient), !factors.isJoined else {
    return parts.dropFirst().reduce(parts[0](factors)) { $0 + $1(factors) }
  }
  let leaves = factors.map {
    let leaf = $0.detached()
    leaf.requiresGradient = true
    return leaf
  }
  var value = Tensor.zeros([], dtype: factors.dtype, device: factors.device)
  for part in parts {
    let term = part(leaves)
    term.backward()
    value = value + term.detached()
  }
  return differentiated(
    value, inputs: inputs, gradients: leaves.operands.map { $0.gradient ?? $0.zerosLike() })
}
