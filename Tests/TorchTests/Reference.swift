import Files
import Foundation
import Testing
import Torch

/// What PyTorch computed: Fixtures/make_fixtures.py writes the file.
struct Fixture {
  private let file: Safetensors

  init() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    file = try Safetensors.read(folder + "/Fixtures/torch.safetensors")
  }

  subscript(name: String) -> Tensor {
    get throws { try Tensor(file.array(name)) }
  }

  /// Every array whose name starts with `prefix`, by the rest of its name.
  func tensors(_ prefix: String) throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for name in file.names where name.hasPrefix(prefix) {
      result[String(name.dropFirst(prefix.count))] = try self[name]
    }
    return result
  }
}

/// The largest |a − b| / max(1, |b|); infinite when the shapes differ or a value is NaN.
func discrepancy(_ a: Tensor, _ b: Tensor) -> Double {
  guard a.shape == b.shape else { return .infinity }
  let pairs = zip(a.to(.float64).array(Double.self), b.to(.float64).array(Double.self))
  return pairs.reduce(0) {
    let error = $1.0 == $1.1 ? 0 : abs($1.0 - $1.1) / max(1, abs($1.1))
    return error.isNaN ? .infinity : max($0, error)
  }
}

/// Compares the gradients of ⟨seed, f(inputs)⟩, with a random seed, to central differences.
///
/// With the step h = 10⁻⁵ the difference quotient of a function of order 1 is wrong by h² f‴/6 ≈ 10⁻¹¹ and,
/// through rounding, by ε f/h ≈ 10⁻¹¹; the tolerance leaves room for sums of a hundred such terms.
func expectGradients(
  of inputs: [Tensor], tolerance: Double = 1e-8, location: SourceLocation = #_sourceLocation,
  _ f: ([Tensor]) -> Tensor
) {
  let leaves = inputs.map { $0.to(.float64).clone() }
  for leaf in leaves { leaf.requiresGradient = true }
  let output = f(leaves)
  let seed = Tensor.normal(output.shape, key: Key(99), dtype: .float64)
  output.backward(gradient: seed)
  let h = 1e-5
  for (place, leaf) in leaves.enumerated() {
    let values = leaf.array(Double.self)
    let difference = values.indices.map { index in
      let ends = [h, -h].map { change in
        var moved = values
        moved[index] += change
        var arguments = leaves.map { $0.detached() }
        arguments[place] = Tensor(moved, shape: leaf.shape)
        return withoutGradients { (f(arguments) * seed).sum().item() }
      }
      return (ends[0] - ends[1]) / (2 * h)
    }
    let exact = leaf.gradient ?? leaf.zerosLike()
    #expect(
      discrepancy(exact, Tensor(difference, shape: leaf.shape)) <= tolerance,
      "gradient of input \(place)", sourceLocation: location)
  }
}

extension Tensor {
  /// The elements as float64, in row-major order.
  var values: [Double] { to(.float64).array(Double.self) }
}
