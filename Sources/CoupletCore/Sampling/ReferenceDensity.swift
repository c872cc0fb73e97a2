import Files
import Foundation

/// A law of samples u in ℝⁿ as the image u = T(z) of independent standard normals z: the reference that a conditional is a
/// density to (MATH §10), where it is known, or taken to be, beyond a finite gallery.
///
/// In z every reference is N(0, I), and a conditional has the density exp(s(T(z), v) − ½ |z|²): bounded supports need no
/// Jacobian, and a proposal that leaves N(0, I) as it is serves for all.
///
/// ```swift
/// let prior = ReferenceDensity.uniform(low: Tensor([0.0, 0]), high: Tensor([1.0, 2]))
/// prior.point(Tensor([0.0, 0], shape: [1, 2]))   // [0.5, 1.0]
/// ```
public enum ReferenceDensity {
  /// N(m, L Lᵀ): T(z) = m + L z; the mean has n entries, the factor is n × n and lower triangular.
  case gaussian(mean: Tensor, factor: Tensor)
  /// Independent uniform coordinates on [low, high]: T(z) = low + (high − low) Φ(z).
  case uniform(low: Tensor, high: Tensor)
  /// Independent laws of groups of coordinates, one group after the other.
  indirect case product([ReferenceDensity])

  /// N(m, C) by its moments, n and n × n.
  /// - Throws: `Failure` when C is not positive definite.
  public init(mean: Tensor, covariance: Tensor) throws {
    self = .gaussian(
      mean: mean.to(.float64), factor: try covariance.to(.float64).cholesky())
  }

  /// The Gaussian law with the moments of samples, N × n.
  /// - Throws: `Failure` when they do not span all directions.
  public init(fittedTo samples: Tensor) throws {
    let x = samples.to(.float64)
    let mean = x.mean(dim: 0)
    let centred = x - mean
    do {
      try self.init(
        mean: mean, covariance: matmul(centred.T, centred) / Double(max(1, x.shape[0] - 1)))
    } catch {
      throw Failure(
        "\(x.shape[0]) samples of \(x.shape[1]) coordinates do not vary in every direction",
        remedy: "give the prior, or more samples")
    }
  }

  /// n.
  public var dimension: Int {
    switch self {
    case .gaussian(let mean, _): mean.count
    case .uniform(let low, _): low.count
    case .product(let laws): laws.map(\.dimension).reduce(0, +)
    }
  }

  /// u = T(z), N × n, differentiable.
  public func point(_ z: Tensor) -> Tensor {
    switch self {
    case .gaussian(let mean, let factor): matmul(z, factor.T) + mean
    case .uniform(let low, let high):
      ((z / 2.0.squareRoot()).erf() + 1) * 0.5 * (high - low) + low
    case .product(let laws): ReferenceDensity.apart(z, laws) { $0.point($1) }
    }
  }

  /// log p(T(z)), the density of u itself, up to a constant; N, differentiable. On a box it is the constant.
  func logDensity(_ z: Tensor) -> Tensor {
    switch self {
    case .gaussian: z.square().sum(dim: 1) * -0.5
    case .uniform: z.sum(dim: 1) * 0
    case .product(let laws):
      ReferenceDensity.apart(z, laws) { $0.logDensity($1).unsqueezed(1) }.sum(dim: 1)
    }
  }

  /// What each law makes of its coordinates, side by side.
  private static func apart(
    _ rows: Tensor, _ laws: [ReferenceDensity], _ body: (ReferenceDensity, Tensor) -> Tensor
  ) -> Tensor {
    var start = 0
    return cat(
      laws.map { law in
        defer { start += law.dimension }
        return body(law, rows.narrow(dim: 1, start..<start + law.dimension))
      }, dim: 1)
  }

  /// z with T(z) = u, N × n; on the edge of a support and beyond it a point just inside.
  public func coordinates(_ u: Tensor) -> Tensor {
    let u = u.to(.float64)
    switch self {
    case .gaussian(let mean, let factor):
      return factor.solveTriangular((u - mean).T, upper: false).T.contiguous()
    case .uniform(let low, let high):
      let part = ((u - low) / (high - low)).clamped(min: 1e-6, max: 1 - 1e-6)
      return (part * 2 - 1).erfinv() * 2.0.squareRoot()
    case .product(let laws): return ReferenceDensity.apart(u, laws) { $0.coordinates($1) }
    }
  }
}

// MARK: - As text

extension ReferenceDensity {
  /// From its text: `gaussian:MEAN,VARIANCE` or `uniform:LOW,HIGH`, each one number for all coordinates or one a
  /// coordinate with `/` between them; and products of such laws with `+` between them, `@n` after one that has n
  /// coordinates where its numbers do not say so.
  ///
  /// ```swift
  /// try ReferenceDensity("gaussian:0,1", dimension: 100)
  /// try ReferenceDensity("uniform:-1/0,1/10", dimension: 2)              // [−1, 1] × [0, 10]
  /// try ReferenceDensity("gaussian:0,4@3+uniform:0,1", dimension: 4)     // the last one on [0, 1]
  /// ```
  /// - Throws: `Failure` when the text is neither, its numbers make no law, or it has other than `dimension` coordinates.
  public init(_ text: String, dimension: Int) throws {
    let laws = try text.split(separator: "+", omittingEmptySubsequences: false).map {
      try ReferenceDensity.Law($0, in: text)
    }
    // The numbers of coordinates that are said; a law that says none has what is left.
    let said = laws.compactMap(\.count).reduce(0, +)
    let open = laws.count { $0.count == nil }
    let left = dimension - said
    guard open == 0 ? left == 0 : (open == 1 && left >= 1) else {
      throw Failure(
        open > 1
          ? "'\(text)' does not say which coordinates each law has"
          : "'\(text)' has \(said) coordinates\(open == 1 ? " or more" : "") where there are \(dimension)",
        remedy:
          "give one number, or one for each coordinate as in uniform:0/0,1/2, or their number as in gaussian:0,1@3"
      )
    }
    let made = try laws.map { try $0.density($0.count ?? left) }
    self = made.count == 1 ? made[0] : .product(made)
  }

  /// One law of a text.
  private struct Law {
    let name: String
    let first, second: [Double]
    /// The number of coordinates, where it is said.
    let count: Int?
    let text: String

    static let remedy = "give gaussian:MEAN,VARIANCE, uniform:LOW,HIGH or fitted"

    init(_ part: Substring, in text: String) throws {
      let words = part.split(separator: ":", omittingEmptySubsequences: false)
      let counted = (words.count == 2 ? words[1] : "").split(
        separator: "@", omittingEmptySubsequences: false)
      let numbers = (counted.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        .map { list in
          list.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        }
      let number = counted.count == 2 ? Int(counted[1]) : nil
      guard words.count == 2, ["gaussian", "uniform"].contains(words[0]), numbers.count == 2,
        counted.count == 1 || number ?? 0 > 0, numbers.joined().allSatisfy(\.isFinite)
      else {
        throw Failure("'\(text)' is no prior", remedy: Law.remedy)
      }
      (name, first, second) = (String(words[0]), numbers[0], numbers[1])
      self.text = text
      let lengths = Set(
        [first.count, second.count].filter { $0 > 1 } + (number.map { [$0] } ?? []))
      guard lengths.count <= 1 else {
        throw Failure(
          "'\(part)' has \(lengths.sorted().map(String.init).joined(separator: " and ")) coordinates",
          remedy: "give one number, or one for each coordinate")
      }
      count = lengths.first
    }

    func density(_ count: Int) throws -> ReferenceDensity {
      func all(_ values: [Double]) -> [Double] {
        values.count == 1 ? Array(repeating: values[0], count: count) : values
      }
      let (first, second) = (all(first), all(second))
      switch name {
      case "gaussian" where second.allSatisfy { $0 > 0 }:
        return .gaussian(
          mean: Tensor(first), factor: Tensor(second).sqrt().diagonalMatrix())
      case "uniform" where zip(first, second).allSatisfy { $0 < $1 }:
        return .uniform(low: Tensor(first), high: Tensor(second))
      default:
        throw Failure(
          "'\(text)' is no law", remedy: "give a variance above 0, or bounds in order")
      }
    }
  }
}
