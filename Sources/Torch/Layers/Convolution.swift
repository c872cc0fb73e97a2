import CTorch
import Files

/// Two-dimensional convolution of N × C × H × W images with square windows.
public struct Conv2d: Layer {
  /// outputs × inputs × window × window.
  public let weight: Tensor
  /// outputs.
  public let bias: Tensor
  let stride: Int
  let padding: Int

  /// Maps images of so many input channels to so many output channels.
  ///
  /// - Parameters:
  ///   - window: height and width of what one output sees.
  ///   - stride: the distance of neighbouring windows, in pixels.
  ///   - padding: rows and columns of zeros added on each side.
  public init(
    _ inputs: Int, _ outputs: Int, window: Int, stride: Int = 1, padding: Int = 0,
    initialization: Initialization = .uniform, key: Key
  ) {
    let (first, second) = key.split()
    let fanIn = inputs * window * window
    self.weight = initialization.weight(
      [outputs, inputs, window, window], fanIn: fanIn, fanOut: outputs * window * window, key: first
    )
    self.bias = initialization.bias(outputs, fanIn: fanIn, key: second)
    self.stride = stride
    self.padding = padding
  }

  /// `weight` and `bias`.
  public var parameters: Parameters { ["weight": weight, "bias": bias] }

  /// N × inputs × H × W ↦ N × outputs × H' × W', H' = ⌊(H + 2 padding − window) / stride⌋ + 1 and W' likewise.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    tensor("conv2d", [input, weight]) {
      ct_conv2d($0, input.raw, weight.raw, bias.raw, Int64(stride), Int64(padding))
    }
  }

  /// The convolution, then the maximum over windows of 2 × 2 side by side, then ReLU: the same as
  /// `maxPool2d(layer(input), window: 2).relu()`, and as pooling after ReLU, in one layer that is several
  /// times faster on the processor in float32. The stride must be 1.
  ///
  /// ```swift
  /// Conv2d(1, 6, window: 5, padding: 2, key: key).pooledRectified(images).shape  // [n, 6, 14, 14]
  /// ```
  public func pooledRectified(_ input: Tensor) -> Tensor {
    require(stride == 1, "Conv2d.pooledRectified: the stride is \(stride), not 1")
    return tensor("pooledRectified", [input, weight]) {
      ct_conv2d_pool_relu($0, input.raw, weight.raw, bias.raw, Int64(padding))
    }
  }
}

/// The maximum over windows of N × C × H × W images, side by side unless a stride is given.
public func maxPool2d(_ input: Tensor, window: Int, stride: Int? = nil) -> Tensor {
  tensor("maxPool2d", [input]) {
    ct_max_pool2d($0, input.raw, Int64(window), Int64(stride ?? window))
  }
}

/// The mean over windows of N × C × H × W images, side by side unless a stride is given.
public func averagePool2d(_ input: Tensor, window: Int, stride: Int? = nil) -> Tensor {
  tensor("averagePool2d", [input]) {
    ct_avg_pool2d($0, input.raw, Int64(window), Int64(stride ?? window))
  }
}
