import CoupletCore
import Foundation
import TestDevice
import Testing

/// A linear encoder g(x) = W x (+ b), in either precision: all that most tests need.
public struct LinearEncoder: SampleEncoder {
  /// W and b, which a test may set.
  public let linear: Linear

  /// With W, and b on request, drawn by the key.
  public init(_ inputs: Int, _ outputs: Int, bias: Bool = false, key: Key, dtype: DType = .float32)
  {
    linear = Linear(inputs, outputs, bias: bias, key: key)
    linear.parameters.convert(to: dtype)
    do { try linear.parameters.move(to: .test) } catch { fatalError("\(error)") }  // It is there.
  }

  /// With the rows of W given.
  public init(_ weight: Tensor) {
    self.init(weight.shape[1], weight.shape[0], key: Key(0), dtype: weight.dtype)
    withoutGradients { linear.weight.copy(from: weight) }
  }

  /// The number of rows of W.
  public var dimension: Int { linear.weight.shape[0] }
  /// `weight`, and `bias` where there is one.
  public var parameters: Parameters { linear.parameters }
  /// N × inputs ↦ N × outputs.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { linear(input, mode: mode) }
}

/// The identity: data that are embeddings already.
public struct Identity: SampleEncoder {
  /// d.
  public let dimension: Int
  /// On vectors of this length.
  public init(dimension: Int) { self.dimension = dimension }
  /// None.
  public var parameters: Parameters { [:] }
  /// The input itself.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { input }
}

/// A table with a row for each label.
public struct Table: SampleEncoder {
  /// K × d.
  public let rows: Tensor
  /// With these rows, K × d, as they are.
  public init(rows: Tensor) { self.rows = rows }
  /// d.
  public var dimension: Int { rows.shape[1] }
  /// None: the rows are not learned.
  public var parameters: Parameters { [:] }
  /// The rows of these labels.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    rows.indexSelect(input.to(deviceOf: rows))
  }
}

/// Standard normal numbers in double precision.
public func normal(_ shape: [Int], _ key: Key) -> Tensor {
  .normal(shape, key: key, dtype: .float64, device: .test)
}

/// A copy that takes part in differentiation.
public func leaf(_ tensor: Tensor) -> Tensor {
  let copy = tensor.clone()
  copy.requiresGradient = true
  return copy
}

/// The gradients of a scalar function by automatic differentiation.
public func gradients(at points: [Tensor], of f: ([Tensor]) -> Tensor) throws -> [Tensor] {
  let leaves = points.map(leaf)
  f(leaves).backward()
  return try leaves.map { try #require($0.gradient) }
}

/// The same by central differences with the step h = 1e-5. In double precision and for values of order 1, the
/// error is about h² = 1e-10 from the third derivative and ε/h = 2e-11 from rounding.
public func finiteDifferences(at points: [Tensor], of f: ([Tensor]) -> Tensor) -> [Tensor] {
  let step = 1e-5
  return points.indices.map { which in
    let values = points[which].array(Double.self)
    func moved(_ index: Int, by change: Double) -> Double {
      var changed = points
      var copy = values
      copy[index] += change
      changed[which] = Tensor(copy, shape: points[which].shape, device: points[which].device)
      return f(changed).item()
    }
    let slopes = values.indices.map {
      (moved($0, by: step) - moved($0, by: -step)) / (2 * step)
    }
    return Tensor(slopes, shape: points[which].shape, device: points[which].device)
  }
}

/// The largest difference of two tensors of the same shape; infinite when anything is not a number.
public func distance(_ a: Tensor, _ b: Tensor, sourceLocation: SourceLocation = #_sourceLocation)
  -> Double
{
  #expect(a.shape == b.shape, sourceLocation: sourceLocation)
  guard a.shape == b.shape else { return .infinity }
  let largest = (a.detached().to(.float64) - b.detached().to(.float64).to(deviceOf: a)).abs().max()
    .item()
  return largest.isNaN ? .infinity : largest
}

/// The bytes of a file.
public func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

extension Tiltings {
  /// Those whose scores embeddings make alone.
  public static var bilinear: [any Tilting] { all.filter { $0.pair == nil } }
}

extension Coupling {
  /// With every parameter of its pair score drawn anew, since an untrained one scores 0, in double precision.
  public func drawn(_ key: Key) -> Coupling {
    parameters.convert(to: .float64)
    for (place, tensor) in (network?.parameters.tensors ?? []).enumerated() {
      withoutGradients {
        tensor.copy(from: normal(tensor.shape, key.folded(with: place)) * 0.5)
      }
    }
    return self
  }
}
