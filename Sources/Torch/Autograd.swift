import CTorch
import Files

extension Tensor {
  /// Whether operations on this tensor are recorded for differentiation. Only leaves can be set.
  public var requiresGradient: Bool {
    get { ct_requires_grad(raw) }
    nonmutating set { check(ct_set_requires_grad(raw, newValue), "requiresGradient", [self]) }
  }

  /// The gradient accumulated by `backward`, when there is one.
  public var gradient: Tensor? {
    get {
      var out: ct_tensor?
      check(ct_gradient(&out, raw), "gradient", [self])
      return out.map { Tensor(owning: $0) }
    }
    nonmutating set {
      if let newValue {
        check(ct_set_gradient(raw, newValue.raw), "gradient", [self, newValue])
      } else {
        clearGradients([self])
      }
    }
  }

  /// The same values, cut off from differentiation; shares the storage.
  public func detached() -> Tensor { tensor("detached", [self]) { ct_detach($0, raw) } }

  /// Adds the derivative of ⟨gradient, self⟩ to the gradient of every leaf. Without a `gradient` the
  /// tensor must be a scalar.
  ///
  /// ```swift
  /// let x = Tensor([3.0]); x.requiresGradient = true
  /// x.square().sum().backward()
  /// x.gradient?.item()  // 6.0
  /// ```
  public func backward(gradient: Tensor? = nil) { Torch.backward([self], gradients: [gradient]) }
}

/// Propagates the given gradients of `roots` to the leaves, in one sweep: the seam through which a
/// hand-written derivative (of a loss at the embeddings, say) enters automatic differentiation.
public func backward(_ roots: [Tensor], gradients: [Tensor?]) {
  require(
    roots.count == gradients.count, "backward: \(roots.count) roots, \(gradients.count) gradients")
  withExtendedLifetime(gradients) {
    let seeds = gradients.map { $0?.raw }
    let status = withHandles(roots) { ct_backward($0, seeds, $1) }
    check(status, "backward", roots)
  }
}

/// Whether operations are recorded for differentiation here.
public var areGradientsRecorded: Bool { ct_gradients_are_recorded() }

/// Runs `body` without recording operations for differentiation.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let before = ct_gradients_are_recorded()
  ct_record_gradients(false)
  defer { ct_record_gradients(before) }
  return try body()
}

/// Sets the gradients of the parameters to none.
public func clearGradients(_ parameters: [Tensor]) {
  check(withHandles(parameters) { ct_clear_gradients($0, $1) }, "clearGradients", parameters)
}

/// The Euclidean norm of all gradients taken together.
public func gradientNorm(_ parameters: [Tensor]) -> Double {
  tensor("gradientNorm", parameters) { out in
    withHandles(parameters) { ct_gradient_norm(out, $0, $1) }
  }.item()
}

/// Scales all gradients so that their common norm is at most `maximum`; returns the norm before.
@discardableResult
public func clipGradients(_ parameters: [Tensor], norm maximum: Double) -> Double {
  let norm = gradientNorm(parameters)
  if norm > maximum {
    let status = withHandles(parameters) { ct_scale_gradients($0, $1, maximum / norm) }
    check(status, "clipGradients", parameters)
  }
  return norm
}
