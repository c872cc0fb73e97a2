import Files

/// A kernel as text: what a command line and a configuration file say of it.
///
/// | text | kernel |
/// |---|---|
/// | `gaussian[:H]` | `gaussian` with the bandwidth H, or the median distance |
/// | `laplace[:H]` | `laplace`, likewise |
/// | `polynomial[:DEGREE[:OFFSET]]` | `polynomial`, of degree 2 with the offset 1 unless given |
/// | `energy` | `energy` |
///
/// The text is also its JSON value, and `description` gives it back.
extension Kernel: CustomStringConvertible, Codable {
  /// - Throws: `Failure` listing the kernels, or saying what is wrong with the numbers of this one.
  public init(_ text: String) throws {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let numbers = fields.dropFirst().map(Double.init)
    func refuse(_ usage: String) -> Failure {
      Failure("'\(text)' is no kernel", remedy: "use \(usage), with numbers above 0")
    }
    switch fields[0] {
    case "gaussian", "laplace":
      guard numbers.count <= 1, numbers.allSatisfy(Kernel.isScale) else {
        throw refuse("\(fields[0])[:BANDWIDTH]")
      }
      let bandwidth = numbers.first.flatMap { $0 }.map(Bandwidth.fixed) ?? .median
      self = fields[0] == "gaussian" ? .gaussian(bandwidth) : .laplace(bandwidth)
    case "polynomial":
      let degree = fields.count > 1 ? Int(fields[1]) : 2
      let offset = fields.count > 2 ? Double(fields[2]) : 1
      guard fields.count <= 3, let degree, let offset, degree > 0, offset >= 0, offset.isFinite
      else { throw refuse("polynomial[:DEGREE[:OFFSET]]") }
      self = .polynomial(degree: degree, offset: offset)
    case "energy" where fields.count == 1: self = .energy
    default:
      throw Failure(
        "unknown kernel '\(text)'",
        remedy: "use gaussian[:BANDWIDTH], laplace[:BANDWIDTH], polynomial[:DEGREE] or energy")
    }
  }

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

  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  private static func isScale(_ number: Double?) -> Bool {
    number.map { $0 > 0 && $0.isFinite } ?? false
  }
}
