import CoupletCore
import Files

/// The multilayer perceptron: linear maps with an activation, and dropout if asked for, between them.
///
/// Samples of any shape are flattened first.
///
/// ```swift
/// let encoder = MLP([784, 512, 64], key: Key(0))
/// encoder(images).shape  // [n, 64] for images of shape [n, 28, 28]
/// ```
public struct MLP: SampleEncoder {
  let layers: [Linear]
  let activation: Activation
  let dropout: Dropout

  /// - Parameters:
  ///   - sizes: the number of inputs, the widths of the hidden layers, and d; at least two numbers.
  ///   - dropout: the probability with which a hidden unit is zeroed in training.
  public init(
    _ sizes: [Int], activation: Activation = .gelu, dropout: Double = 0,
    initialization: Initialization = .uniform, key: Key
  ) {
    require(
      sizes.count >= 2, "MLP: sizes \(sizes) lack the number of inputs or that of outputs")
    self.layers = zip(zip(sizes, sizes.dropFirst()), key.split(sizes.count - 1)).map {
      Linear($0.0, $0.1, initialization: initialization, key: $1)
    }
    self.activation = activation
    self.dropout = Dropout(dropout)
  }

  /// d, the last of the sizes.
  public var dimension: Int { layers[layers.count - 1].dimension }

  /// `layers.0.…`, `layers.1.…`, …: the linear maps in their order.
  public var parameters: Parameters {
    layers.enumerated().reduce(Parameters()) {
      $0 + Parameters(parts: ["layers.\($1.offset)": $1.element.parameters])
    }
  }

  /// `mlp`, with the sizes, the activation and the dropout.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "mlp",
      [
        "sizes": .array([layers[0].weight.shape[1]] + layers.map(\.dimension)),
        "activation": .string(activation.rawValue), "dropout": .number(dropout.probability),
      ], parameters)
  }

  /// N × … ↦ N × d; dropout acts on hidden units, in training.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    var x = input.reshaped([input.shape[0], layers[0].weight.shape[1]])
    for (index, layer) in layers.enumerated() {
      if index > 0 { x = dropout(activation(x), mode: mode.folded(with: index)) }
      x = layer(x, mode: mode)
    }
    return x
  }
}

extension MLP {
  /// `mlp:512,256[:relu|:tanh][:dropout=0.1]`, with the widths of the hidden layers.
  struct Design: EncoderDesign {
    var widths: [Int] = []
    var activation = Activation.gelu
    var dropout = 0.0

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let sizes = [try space.requireShape().reduce(1, *)] + widths + [dimension]
      try requireRoom(zip(sizes, sizes.dropFirst()).map { [$0, $1] })
      return MLP(sizes, activation: activation, dropout: dropout, key: key)
    }
  }

  static let entry = EncoderRegistry.Entry(
    "mlp", Design(),
    [
      .first("WIDTHS", .list(of: .integer(in: 1...1_000_000)), \.widths, example: "512,256"),
      .choice(\.activation), .value("dropout", .fraction, \.dropout),
    ]
  ) { $0 }
}
