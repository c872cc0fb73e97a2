import Foundation

extension ConditionalTarget {
  /// The maximum a posteriori (MAP) sample: the largest s(u, given) + log p(u) with the density p of the reference, by L-BFGS
  /// from several starts in the coordinates of the reference; eq. 61 beyond a gallery.
  ///
  /// Where a reference has bounds the maximum may lie on them; a point just inside is found then.
  ///
  /// ```swift
  /// let best = target.maximum(from: target.starts(16, from: law, key: key))
  /// best.sample     // 1 × shape
  /// ```
  /// - Parameter starts: N × n coordinates; each is followed to its own maximum.
  /// - Returns: the best sample, with an axis of length 1 in front, and its log-density relative to a uniform measure,
  ///   up to a constant.
  public func maximum(from starts: Tensor) -> (sample: Tensor, logDensity: Double) {
    withFixedParameters {
      var best: (z: Tensor, value: Double)?
      for start in 0..<starts.shape[0] {
        let z = starts[start..<start + 1].detached().clone()
        z.requiresGradient = true
        func objective() -> Tensor { (score(z) + reference.logDensity(z)).sum() }
        // Of z as it is.
        var last = withoutGradients { objective().item() }
        let search = LBFGS([z], iterations: 100)
        for _ in 0..<10 {
          let before = withoutGradients { z.detached().clone() }
          search.step {
            let loss = -objective()
            loss.backward()
            return loss
          }
          let value = withoutGradients { objective().item() }
          guard value.isFinite, value >= last else {
            withoutGradients { z.copy(from: before) }
            break
          }
          defer { last = value }
          if value - last < 1e-10 * max(1, abs(last)) { break }
        }
        if last.isFinite, last > best?.value ?? -.infinity { best = (z.detached().clone(), last) }
      }
      // Where no start has a finite density the first stays.
      let z = best?.z ?? starts[0..<1]
      return (withoutGradients { samples(z) }, best?.value ?? .nan)
    }
  }
}
