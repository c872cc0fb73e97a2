import Torch

/// Quasi-Newton minimisation (BFGS with a backtracking line search) of a function of (G, H), by
/// automatic differentiation in double precision.
func minimise(
  _ loss: (Tensor, Tensor) throws -> Tensor, from start: (g: Tensor, h: Tensor)
) throws -> (value: Double, g: Tensor, h: Tensor) {
  let (gShape, hShape) = (start.g.shape, start.h.shape)
  let gCount = start.g.count
  let n = gCount + start.h.count

  func evaluate(_ x: Tensor) throws -> (value: Double, gradient: Tensor) {
    let leaf = x.detached().clone()
    leaf.requiresGradient = true
    let value = try loss(
      leaf[0..<gCount].reshaped(gShape), leaf[gCount..<n].reshaped(hShape))
    guard value.item().isFinite else { return (.infinity, x) }
    value.backward()
    return (value.item(), leaf.gradient ?? x.zerosLike())
  }

  var x = cat([start.g.reshaped([gCount]), start.h.reshaped([n - gCount])])
  var (value, gradient) = try evaluate(x)
  var inverse = Tensor.eye(n, dtype: .float64)
  var earlier = value
  for iteration in 1...1000 {
    // Twenty steps that together gain less than the rounding of the loss: done.
    if iteration % 20 == 0 {
      if earlier - value < 1e-14 { break }
      earlier = value
    }
    var step = -matmul(inverse, gradient.unsqueezed(1)).squeezed(1)
    var slope = (step * gradient).sum().item()
    if slope >= 0 {
      inverse = .eye(n, dtype: .float64)
      step = -gradient
      slope = -gradient.square().sum().item()
    }
    var length = 1.0
    var next = try evaluate(x + step * length)
    while !(next.value <= value + 1e-4 * length * slope), length > 1e-8 {
      length /= 2
      next = try evaluate(x + step * length)
    }
    guard length > 1e-8 else { break }  // no step lowers the value by more than its rounding
    let s = step * length
    let y = next.gradient - gradient
    let curvature = (s * y).sum().item()
    if curvature > 1e-300 {
      let hy = matmul(inverse, y.unsqueezed(1)).squeezed(1)
      let scale = (curvature + (y * hy).sum().item()) / (curvature * curvature)
      func outer(_ p: Tensor, _ q: Tensor) -> Tensor { p.unsqueezed(1) * q.unsqueezed(0) }
      inverse = inverse + outer(s, s) * scale - (outer(hy, s) + outer(s, hy)) / curvature
    }
    x = x + s
    (value, gradient) = next
  }
  return (value, x[0..<gCount].reshaped(gShape), x[gCount..<n].reshaped(hShape))
}
