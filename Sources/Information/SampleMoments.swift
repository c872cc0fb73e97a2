/// Of numbers that are a sample.
extension [Double] {
  /// Not a number when there are none.
  var mean: Double { reduce(0, +) / Double(count) }

  /// Σ (x − x̄)² / (n − 1); 0 when there are fewer than two.
  var variance: Double {
    guard count > 1 else { return 0 }
    let mean = mean
    return reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count - 1)
  }
}
