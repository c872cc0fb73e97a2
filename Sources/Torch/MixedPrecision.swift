import CTorch

/// Runs `body` with products of matrices (linear maps, attention) in bfloat16 where `isOn`, and the other operations
/// in the types of their operands: automatic mixed precision. Parameters stay as they are.
///
/// A bfloat16 has the range of a float32 and 8 bits of precision, so that results are good to two or three digits and
/// need no scaling of the loss. Regions do not nest: an inner one is part of the outer.
///
/// ```swift
/// let outputs = withMixedPrecision { encoder(inputs) }.to(.float32)
/// ```
public func withMixedPrecision<Result>(
  _ isOn: Bool = true, on device: Device = .cpu, _ body: () throws -> Result
) rethrows -> Result {
  guard isOn, !Mixing.isOn else { return try body() }
  return try Mixing.$isOn.withValue(true) {
    check(ct_mixed_precision(device.kind, true), "withMixedPrecision", [])
    defer { check(ct_mixed_precision(device.kind, false), "withMixedPrecision", []) }
    return try body()
  }
}

private enum Mixing {
  /// Whether the calling code is in a region.
  @TaskLocal static var isOn = false
}
