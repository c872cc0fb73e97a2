import CoupletCore
import Files

/// x ↦ −½ xᵀ M x + ⟨b, x⟩, one number for each sample, with M (symmetric) and b learned from zero.
///
/// The potential that Gaussian data ask for: with φ_u and φ_v of this form the inner-product tilting of linear
/// encoders represents every Gaussian law exactly (MATH §4.2), which no tilting alone does. Samples of any
/// shape are flattened first.
///
/// ```swift
/// let coupling = Coupling(
///   u: Linear(12, 5, key: k1), v: Linear(5, 5, key: k2), tilting: .innerProduct,
///   temperature: try Temperature(.fixed(1)), potentialU: Quadratic(12), potentialV: Quadratic(5))
/// ```
public struct Quadratic: SampleEncoder {
  /// n × n; M is its symmetric part, all that the form sees of it.
  let curvature: Tensor
  /// b, n.
  let slope: Tensor

  /// - Parameter inputs: n, the number of coordinates of a sample.
  public init(_ inputs: Int) {
    curvature = .zeros([inputs, inputs])
    slope = .zeros([inputs])
    curvature.requiresGradient = true
    slope.requiresGradient = true
  }

  /// 1: it is a potential.
  public var dimension: Int { 1 }
  /// `curvature`, n × n, whose symmetric part is M, and `slope`, b.
  public var parameters: Parameters { ["curvature": curvature, "slope": slope] }

  /// `quadratic`, with n.
  public var portable: PortableEncoder? {
    PortableEncoder("quadratic", ["inputs": .integer(slope.count)], parameters)
  }

  /// N × … ↦ N × 1.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let x = input.reshaped([input.shape[0], slope.count])
    return (x * (matmul(x, curvature) * -0.5 + slope)).sum(dim: 1, keepDim: true)
  }
}

extension Quadratic {
  /// `quadratic`.
  struct Design: EncoderDesign {
    func impliedDimension(for space: SampleSpace) -> Int? {
      (try? space.requireShape()).map { _ in 1 }
    }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let inputs = try space.requireShape().reduce(1, *)
      try requireRoom([[inputs, inputs]])
      return Quadratic(inputs)
    }
  }

  static let entry = EncoderRegistry.Entry("quadratic", Design()) { $0 }
}
