extension Tensor {
  /// log(exp x + exp y) elementwise, by the larger of the two; x finite, y finite or −∞.
  func logAddExp(_ y: Tensor) -> Tensor {
    maximum(y) + (-(self - y).abs()).exp().log1p()
  }
}
