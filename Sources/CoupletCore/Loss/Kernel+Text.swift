import Files

/// A kernel as text: what a command line and a configuration file say of it.
///
/// | text | kernel |
/// |---|---|
/// | `gaussian[:H]` | `gaussian` with the bandwidth H, or the median distance |
/// | `laplace[:H]` | `laplace`, likewise |
/// | `polynomial[:DEGREE[:OFFSET]]` | `polynomial`, of degree 2 with the offset 1 unless given |
/// | `energy` | `energy` |
extension Kernel: TextForm {
  /// - Throws: `Failure` listing the kernels, or saying what is wrong with the numbers of this one.
  public init(_ text: String) throws {
    var fields = TextFields(text, of: "kernel")
    var usage = "\(fields.name)[:BANDWIDTH]"
    func bandwidth() throws -> Bandwidth {
      try fields.next("BANDWIDTH", .positive()).map(Bandwidth.fixed) ?? .median
    }
    switch fields.name {
    case "gaussian": self = .gaussian(try bandwidth())
    case "laplace": self = .laplace(try bandwidth())
    case "polynomial":
      usage = "polynomial[:DEGREE[:OFFSET]]"
      self = .polynomial(
        degree: try fields.next("DEGREE", .integer(in: 1...100)) ?? 2,
        offset: try fields.next("OFFSET", .nonNegative()) ?? 1)
    case "energy":
      usage = "energy"
      self = .energy
    default: throw fields.unknown(among: ["gaussian", "laplace", "polynomial", "energy"])
    }
    try fields.requireEmpty(usage: usage)
  }

  /// The text that gives the kernel back.
  public var description: String {
    switch self {
    case .gaussian(.median): "gaussian"
    case .gaussian(.fixed(let h)): "gaussian:\(h)"
    case .laplace(.median): "laplace"
    case .laplace(.fixed(let h)): "laplace:\(h)"
    case .polynomial(let degree, let offset): "polynomial:\(degree):\(offset)"
    case .energy: "energy"
    }
  }
}
