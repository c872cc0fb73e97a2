import CTorch

// Draws are made on the processor and moved, so that a key means the same numbers on every device.

extension Tensor {
  /// Independent draws from N(0, 1).
  public static func normal(
    _ shape: [Int], key: Key, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    tensor("normal", []) {
      ct_random_normal($0, key.bits, sizes(shape), Int32(shape.count), dtype.code)
    }.moved(to: device)
  }

  /// Independent draws from the uniform law on [low, high); rounding can give `high` itself.
  public static func uniform(
    _ shape: [Int], low: Double = 0, high: Double = 1, key: Key, dtype: DType = .float32,
    device: Device = .cpu
  ) -> Tensor {
    let unit = tensor("uniform", []) {
      ct_random_uniform($0, key.bits, sizes(shape), Int32(shape.count), dtype.code)
    }
    return (low == 0 && high == 1 ? unit : unit * (high - low) + low).moved(to: device)
  }

  /// Independent draws from low, …, high − 1 (int64).
  public static func integers(
    _ range: Range<Int>, shape: [Int], key: Key, device: Device = .cpu
  ) -> Tensor {
    tensor("integers", []) {
      ct_random_integers(
        $0, key.bits, Int64(range.lowerBound), Int64(range.upperBound), sizes(shape),
        Int32(shape.count))
    }.moved(to: device)
  }

  /// 0, …, n − 1 in random order (int64).
  public static func permutation(_ n: Int, key: Key, device: Device = .cpu) -> Tensor {
    tensor("permutation", []) { ct_random_permutation($0, key.bits, Int64(n)) }.moved(to: device)
  }

  /// Independent draws from the standard Gumbel law, −log(−log U).
  public static func gumbel(
    _ shape: [Int], key: Key, dtype: DType = .float64, device: Device = .cpu
  ) -> Tensor {
    // U = 0 has probability 2⁻⁵³; keep it off the logarithm's pole.
    (-(-(uniform(shape, key: key, dtype: dtype).clamped(min: 0x1p-60).log())).log())
      .moved(to: device)
  }

  /// Indices drawn with probabilities proportional to these non-negative weights (each row on its own).
  public func multinomial(_ count: Int, replacement: Bool, key: Key) -> Tensor {
    let weights = moved(to: .cpu)
    return tensor("multinomial", [self]) {
      ct_random_multinomial($0, key.bits, weights.raw, Int64(count), replacement)
    }.moved(to: device)
  }
}
