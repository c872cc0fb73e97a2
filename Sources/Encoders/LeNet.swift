import CoupletCore
import Files

/// LeNet-5 (LeCun et al. 1998) as it is used today: convolution, pooling and ReLU twice, then three
/// linear maps (MATH §5.3).
///
/// For 28 × 28 images: 1 → 6 channels by 5 × 5 windows with margin 2; 6 → 16 channels by 5 × 5 windows;
/// 400 → 480 → 84 → d. Other images of at least 12 × 12 change the numbers of channels and of inputs of
/// the first linear map.
///
/// Where it departs from 1998, so that a few epochs suffice (five of Adam at 1e-3 get 0.987 of MNIST's test images
/// right, and 0.981 without these): 480 hidden units for 120; pixels, expected in [0, 1], are brought to a mean
/// near 0 and a variance near 1; weights start as Glorot and Bengio have it.
///
/// ```swift
/// let encoder = LeNet(image: [28, 28], dimension: 10, key: Key(0))
/// encoder(images).shape      // [n, 10] for images of shape [n, 28, 28] or [n, 1, 28, 28]
/// encoder.parameters.count   // 236306
/// ```
public struct LeNet: SampleEncoder {
  /// The shortest side of an image: two poolings and a window of five leave one point of it.
  static let shortestSide = 12
  /// The mean and the standard deviation of MNIST's pixels.
  static let pixels = (mean: 0.1307, deviation: 0.3081)

  let convolutions: (Conv2d, Conv2d)
  let head: MLP
  /// channels × height × width.
  let image: [Int]

  /// - Parameter image: height × width or channels × height × width.
  public init(image: [Int], dimension: Int, key: Key) {
    require(LeNet.accepts(image), "LeNet: samples of shape \(image) are not images for it")
    self.image = image.count == 2 ? [1] + image : image
    let keys = key.split(3)
    self.convolutions = (
      Conv2d(
        self.image[0], 6, window: 5, padding: 2, initialization: .glorot, key: keys[0]),
      Conv2d(6, 16, window: 5, initialization: .glorot, key: keys[1])
    )
    let points = self.image.dropFirst().map { ($0 / 2 - 4) / 2 }.reduce(1, *)
    self.head = MLP(
      [16 * points, 480, 84, dimension], activation: .relu, initialization: .glorot,
      key: keys[2])
  }

  /// Whether samples of this shape are images, large enough.
  static func accepts(_ shape: [Int]) -> Bool {
    (2...3).contains(shape.count) && shape.suffix(2).allSatisfy { $0 >= shortestSide }
  }

  /// d, the number of outputs of the last linear map.
  public var dimension: Int { head.dimension }

  /// `convolutions.0.…`, `convolutions.1.…` and `head.…`.
  public var parameters: Parameters {
    Parameters(parts: [
      "convolutions.0": convolutions.0.parameters, "convolutions.1": convolutions.1.parameters,
      "head": head.parameters,
    ])
  }

  /// `lenet`, with the shape of an image.
  public var portable: PortableEncoder? {
    PortableEncoder("lenet", ["image": .array(image), "outputs": .integer(dimension)], parameters)
  }

  /// N × height × width or N × channels × height × width, pixels in [0, 1], ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let images = input.reshaped([input.shape[0]] + image)
    let centred = (images - LeNet.pixels.mean) / LeNet.pixels.deviation
    let features = convolutions.1.pooledRectified(convolutions.0.pooledRectified(centred))
    return head(features, mode: mode)
  }
}

extension LeNet {
  /// `lenet`.
  struct Design: EncoderDesign {
    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let shape = try space.requireShape()
      guard LeNet.accepts(shape) else {
        throw Failure(
          "it needs images of at least \(shortestSide) × \(shortestSide), not samples of "
            + "shape \(space)",
          remedy: "use linear or mlp:WIDTHS, or save the images as N × height × width")
      }
      // 16 channels of a quarter of the side each, into 480 units.
      try requireRoom([[480] + shape.suffix(2)])
      return LeNet(image: shape, dimension: dimension, key: key)
    }
  }

  static let entry = EncoderRegistry.Entry("lenet", Design()) { $0 }
}
