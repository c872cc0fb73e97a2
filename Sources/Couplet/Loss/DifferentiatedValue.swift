/// A scalar whose derivatives are known: the seam through which a value and gradient that were computed
/// together, tile by tile, enter automatic differentiation.
///
/// The result has the given value, and passes `gradients[i]` (times whatever arrives) on to `inputs[i]`: it is
/// value + Σ_i ⟨inputs_i − inputs_i⁰, gradients_i⟩ with inputs⁰ the present values.
func differentiated(_ value: Tensor, inputs: [Tensor], gradients: [Tensor]) -> Tensor {
  let linear = zip(inputs, gradients).filter { $0.0.requiresGradient }.map { ($0 * $1).sum() }
  guard let first = linear.first else { return value }
  let sum = linear.dropFirst().reduce(first, +)
  return sum - sum.detached() + value
}

/// The value of a sum of parts, each a function of the same factors, and its gradient, one part after
/// another: the memory is that of one part.
func accumulated(
  _ factors: ScoreFactors, parts: [(ScoreFactors) -> Tensor]
) -> Tensor {
  let inputs = factors.operands
  guard inputs.contains(where: \.requiresGradient) else {
    return parts.dropFirst().reduce(parts[0](factors)) { $0 + $1(factors) }
  }
  let leaves = factors.detachedLeaves()
  var value = Tensor.zeros([], dtype: factors.u.dtype, device: factors.u.device)
  for part in parts {
    let term = part(leaves)
    term.backward()
    value = value + term.detached()
  }
  let gradients = leaves.operands
    .map { $0.gradient ?? $0.zerosLike() }
  return differentiated(value, inputs: inputs, gradients: gradients)
}

extension ScoreFactors {
  /// The same values, cut off from differentiation.
  var detached: ScoreFactors {
    ScoreFactors(
      u.detached(), v.detached(), form, scale?.detached(), addedToRows?.detached(),
      addedToColumns?.detached(), center: center)
  }

  /// The same values as leaves of their own, for a derivative with respect to the factors alone.
  fileprivate func detachedLeaves() -> ScoreFactors {
    func leaf(_ tensor: Tensor) -> Tensor {
      let leaf = tensor.detached()
      leaf.requiresGradient = true
      return leaf
    }
    return ScoreFactors(
      leaf(u), leaf(v), form, scale.map(leaf), addedToRows.map(leaf), addedToColumns.map(leaf),
      center: center)
  }

  /// What the scores are functions of.
  fileprivate var operands: [Tensor] {
    [u, v, scale, addedToRows, addedToColumns].compactMap { $0 }
  }
}
