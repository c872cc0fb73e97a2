extension [Double] {
  /// The p-quantile of values in ascending order, linear between neighbours: the value at place (n − 1) p.
  func quantile(_ p: Double) -> Double {
    let place = p * Double(count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, count - 1)
    return self[below] + (place - Double(below)) * (self[above] - self[below])
  }
}
