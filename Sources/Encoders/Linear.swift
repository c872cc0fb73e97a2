import Couplet

// u ↦ G u + b, the encoders of the Gaussian theory (MATH §4).
extension Linear: Encoder {
  public var dimension: Int { weight.shape[0] }
}
