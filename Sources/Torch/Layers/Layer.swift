import CTorch
import Files

/// How a layer is applied: to give answers, or to learn.
public enum Mode: Sendable {
  /// To give answers: nothing is random.
  case inference
  /// Random layers (dropout) draw from the key; the same key gives the same draw. `firstRow` is the place
  /// in its batch of the first row of the input, so that a batch embedded in chunks draws as it does whole.
  case training(Key, firstRow: Int = 0)

  /// The mode for the `index`-th layer of a stack: the same, with a key of its own.
  public func folded(with index: Int) -> Mode {
    switch self {
    case .inference: .inference
    case .training(let key, let firstRow): .training(key.folded(with: index), firstRow: firstRow)
    }
  }

  /// The mode for a part of a batch that starts at `row` of it.
  public func starting(at row: Int) -> Mode {
    switch self {
    case .inference: .inference
    case .training(let key, let firstRow): .training(key, firstRow: firstRow + row)
    }
  }
}

/// A differentiable function with parameters.
///
/// Layers are values whose stored tensors are their parameters; copies share them. A user's own layer
/// conforms the same way:
///
/// ```swift
/// struct Scale: Layer {
///   let factor = Tensor.ones([1])
///   var parameters: Parameters { ["factor": factor] }
///   func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { input * factor }
/// }
/// ```
public protocol Layer {
  /// The output for a batch (first axis) of inputs.
  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor
  /// What is learned, by name, in a fixed order. A tensor among them that does not require a gradient is
  /// saved, moved and converted with the others but never changed by an optimiser.
  var parameters: Parameters { get }
}

extension Layer {
  /// The output in inference, without dropout.
  public func callAsFunction(_ input: Tensor) -> Tensor { self(input, mode: .inference) }
}

/// Named tensors in a fixed order: what an optimiser changes and a weight file holds.
public struct Parameters: ExpressibleByDictionaryLiteral {
  /// Names, which differ, with their tensors.
  public private(set) var entries: [(name: String, tensor: Tensor)]

  /// From names, which must differ, with their tensors; none by default.
  public init(_ entries: [(name: String, tensor: Tensor)] = []) { self.entries = entries }

  /// From `["weight": weight, "bias": bias]`, in this order.
  public init(dictionaryLiteral elements: (String, Tensor)...) {
    self.entries = elements.map { (name: $0.0, tensor: $0.1) }
  }

  /// The parameters of parts, each name prefixed by its part's: `encoder.weight`.
  public init(parts: KeyValuePairs<String, Parameters>) {
    self.init(parts: parts.map { ($0.key, $0.value) })
  }

  /// The parameters of parts, each name prefixed by its part's.
  public init(parts: [(String, Parameters)]) {
    self.entries = parts.flatMap { prefix, part in
      part.entries.map { (name: "\(prefix).\($0.name)", tensor: $0.tensor) }
    }
  }

  /// The tensors, in their order.
  public var tensors: [Tensor] { entries.map(\.tensor) }
  /// The number of learned numbers: those that an optimiser changes.
  public var count: Int {
    tensors.reduce(0) { $0 + ($1.requiresGradient ? $1.count : 0) }
  }

  /// The tensor of a name; nil when there is none.
  public subscript(name: String) -> Tensor? { entries.first { $0.name == name }?.tensor }

  /// The parameters of the left side, then those of the right.
  public static func + (left: Parameters, right: Parameters) -> Parameters {
    Parameters(left.entries + right.entries)
  }

  /// Starts or stops recording operations on the parameters for differentiation.
  public func setRequiresGradient(_ value: Bool) {
    for tensor in tensors { tensor.requiresGradient = value }
  }

  /// Converts every parameter, in place: layers that hold them see the new type.
  public func convert(to dtype: DType) {
    for tensor in tensors {
      tensor.replaceStorage(by: tensor.detached().to(dtype))
    }
  }

  /// Moves every parameter, in place.
  /// - Throws: `Failure` when there is no such device.
  public func move(to device: Device) throws {
    for tensor in tensors {
      tensor.replaceStorage(by: try tensor.detached().to(device))
    }
  }

  /// Overwrites the values by those of the same names.
  /// - Throws: `Failure` when names or shapes differ; then nothing has been overwritten.
  public func load(_ values: [String: Tensor], from place: String) throws {
    let remedy = "load weights that were saved from a model with the same settings"
    for (name, tensor) in entries {
      guard let value = values[name] else {
        throw Failure("no weights named '\(name)'", at: place, remedy: remedy)
      }
      guard value.shape == tensor.shape else {
        throw Failure(
          "'\(name)' has the shape \(value.shape), the model needs \(tensor.shape)", at: place,
          remedy: remedy)
      }
      guard !value.dtype.isFloatingPoint || value.allFinite() else {
        throw Failure(
          "'\(name)' holds a value that is not finite", at: place,
          remedy: "restore the file, or train again")
      }
    }
    let names = Set(entries.map(\.name))
    if let extra = values.keys.filter({ !names.contains($0) }).sorted().first {
      throw Failure("'\(extra)' is not part of the model", at: place, remedy: remedy)
    }
    withoutGradients {
      for (name, tensor) in entries { values[name].map { tensor.copy(from: $0) } }
    }
  }
}

extension Tensor {
  /// Takes the storage, type and device of `source`, which lives until that is done.
  fileprivate func replaceStorage(by source: Tensor) {
    withExtendedLifetime(source) {
      check(ct_set_data(raw, source.raw), "replaceStorage", [self, source])
    }
  }
}

/// How the weights of linear and convolution layers are drawn; of the n inputs that an output depends on, and
/// the m outputs that depend on an input.
public enum Initialization: Sendable {
  /// Weights and biases from U(−1/√n, 1/√n): the usual one.
  case uniform
  /// Weights from U(−a, a) with a = √(6/(n + m)), which keeps variances alike forwards and backwards; biases
  /// 0 (Glorot and Bengio 2010, eq. 16).
  case glorot

  func weight(_ shape: [Int], fanIn: Int, fanOut: Int, key: Key) -> Tensor {
    switch self {
    case .uniform: draw(shape, bound: bound(fanIn), key: key)
    case .glorot: draw(shape, bound: (6 / Double(max(fanIn + fanOut, 1))).squareRoot(), key: key)
    }
  }

  func bias(_ outputs: Int, fanIn: Int, key: Key) -> Tensor {
    switch self {
    case .uniform: draw([outputs], bound: bound(fanIn), key: key)
    case .glorot: learned([outputs], value: 0)
    }
  }

  private func bound(_ fanIn: Int) -> Double { 1 / Double(max(fanIn, 1)).squareRoot() }

  private func draw(_ shape: [Int], bound: Double, key: Key) -> Tensor {
    let tensor = Tensor.uniform(shape, low: -bound, high: bound, key: key)
    tensor.requiresGradient = true
    return tensor
  }
}

/// A learned tensor that starts at one value.
func learned(_ shape: [Int], value: Double) -> Tensor {
  let tensor = Tensor.full(shape, value)
  tensor.requiresGradient = true
  return tensor
}
