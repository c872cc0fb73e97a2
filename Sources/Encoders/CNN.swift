import CoupletCore
import Files

/// A small convolutional network for images of any size and any number of channels: blocks of convolution, pooling and
/// ReLU that halve the sides, means over a grid of at most 4 × 4 areas, and a perceptron.
///
/// * An image whose longer side is above 64 is made smaller first, so that a step on large images takes no longer.
/// * Block b = 0, 1, 2 has 2ᵇ `width` channels and windows of 3 × 3. There are as many as leave the shorter side at
///   least 4, three at most; an image whose shorter side is below 8 passes one, without pooling.
/// * The perceptron has one hidden layer of 128 units with GELU, and dropout if asked for.
///
/// Pixels, expected in [0, 1], are brought to 4 (x − ½); others with `:standardized`. Weights start as Glorot and
/// Bengio have it.
///
/// ```swift
/// let encoder = CNN(image: [3, 48, 64], dimension: 32, key: Key(0))
/// encoder(images).shape   // [n, 32] for images of shape [n, 3, 48, 64]
/// ```
public struct CNN: SampleEncoder {
  /// The longest side that is convolved, the most blocks, the most areas along a side, the hidden units.
  private static let (longest, depth, areas, hidden) = (64, 3, 4, 128)

  let convolutions: [Conv2d]
  let head: MLP
  /// channels × height × width.
  private let image: [Int]
  /// Height and width of what is convolved, and of the grid of areas.
  private let seen: [Int], grid: [Int]
  private let pools: Bool

  /// - Parameters:
  ///   - image: height × width or channels × height × width.
  ///   - width: the number of channels of the first block.
  ///   - dropout: the probability with which a hidden unit of the perceptron is zeroed in training.
  public init(image: [Int], dimension: Int, width: Int = 16, dropout: Double = 0, key: Key) {
    require(CNN.accepts(image), "CNN: samples of shape \(image) are not images")
    self.image = image.count == 2 ? [1] + image : image
    let sides = self.image.suffix(2)
    let scale = min(1, Double(CNN.longest) / Double(max(sides.max() ?? 1, 1)))
    seen = sides.map { max(1, Int((Double($0) * scale).rounded())) }
    let shortest = seen.min() ?? 1
    let halvings = (0..<CNN.depth).count { shortest >> ($0 + 1) >= CNN.areas }
    pools = halvings > 0
    grid = seen.map { min(CNN.areas, $0 >> halvings) }
    let keys = key.split(CNN.depth + 1)
    let channels = [self.image[0]] + (0..<max(1, halvings)).map { width << $0 }
    convolutions = zip(zip(channels, channels.dropFirst()), keys).map {
      Conv2d($0.0, $0.1, window: 3, padding: 1, initialization: .glorot, key: $1)
    }
    head = MLP(
      [(channels.last ?? 0) * grid.reduce(1, *), CNN.hidden, dimension], dropout: dropout,
      initialization: .glorot, key: keys[CNN.depth])
  }

  /// Whether samples of this shape are images.
  static func accepts(_ shape: [Int]) -> Bool {
    (2...3).contains(shape.count) && shape.allSatisfy { $0 > 0 }
  }

  /// d, the number of outputs of the last linear map.
  public var dimension: Int { head.dimension }

  /// `convolutions.0.…`, `convolutions.1.…`, … and `head.…`.
  public var parameters: Parameters {
    Parameters(
      parts: convolutions.enumerated().map { ("convolutions.\($0.offset)", $0.element.parameters) }
        + [("head", head.parameters)])
  }

  /// `cnn`, with the shapes of an image, of what is convolved, and of the grid.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "cnn",
      [
        "image": .array(image), "seen": .array(seen), "grid": .array(grid), "pools": .bool(pools),
        "channels": .array(convolutions.map { $0.bias.count }),
        "hidden": .integer(CNN.hidden), "dropout": .number(head.dropout.probability),
        "outputs": .integer(dimension),
      ], parameters)
  }

  /// N × height × width or N × channels × height × width, pixels in [0, 1], ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    var x = (CNN.resized(input.reshaped([input.shape[0]] + image), seen) - 0.5) * 4
    for layer in convolutions { x = pools ? layer.pooledRectified(x) : layer(x, mode: mode).relu() }
    return head(CNN.resized(x, grid), mode: mode)
  }

  private static func resized(_ images: Tensor, _ sides: [Int]) -> Tensor {
    images.shape.suffix(2) == sides[...]
      ? images : images.resized(height: sides[0], width: sides[1])
  }
}

extension CNN {
  /// `cnn[:width=16][:dropout=0.1]`.
  struct Design: EncoderDesign {
    var width = 16
    var dropout = 0.0

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let shape = try space.requireShape()
      guard CNN.accepts(shape) else {
        throw Failure(
          "it needs images, not samples of shape \(space)",
          remedy: "use mlp:WIDTHS, or save the images as N × channels × height × width")
      }
      try requireRoom([[width, 2 * width, 9], [2 * width, 4 * width, 9], [shape[0], width, 9]])
      return CNN(image: shape, dimension: dimension, width: width, dropout: dropout, key: key)
    }
  }

  static let entry = EncoderRegistry.Entry(
    "cnn", Design(),
    [
      .value("width", .integer(in: 1...100_000), \.width), .value("dropout", .fraction, \.dropout),
    ]
  ) { $0 }
}
