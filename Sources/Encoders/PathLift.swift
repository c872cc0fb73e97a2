import CoupletCore

/// Points to tokens: N × points × channels ↦ N × (points / patch) × width, the channels of a patch in a row.
///
/// Plain, it is one linear map of a patch. Gated, each point first becomes width products of two linear maps of its
/// channels, p ↦ (A p + a) ∘ (B p + b): a layer that can multiply what the sum of a perceptron has to approximate,
/// such as a velocity by a function of the place.
struct PathLift: Layer {
  /// A and B as one map.
  private let gate: Linear?
  private let joined: Linear
  private let patch: Int

  init(channels: Int, settings: TransformerSettings, key: Key) {
    let (first, second) = key.split()
    let width = settings.width
    self.patch = settings.patch
    self.gate = settings.isGated ? Linear(channels, 2 * width, key: first) : nil
    self.joined = Linear((gate == nil ? channels : width) * patch, width, key: second)
  }

  var parameters: Parameters {
    Parameters(parts: ["gate": gate?.parameters ?? [:], "joined": joined.parameters])
  }

  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    var points = input
    if let gate {
      let factors = gate(points, mode: mode)
      let width = factors.shape[2] / 2
      points = factors.narrow(dim: 2, 0..<width) * factors.narrow(dim: 2, width..<(2 * width))
    }
    let (n, count, channels) = (points.shape[0], points.shape[1], points.shape[2])
    return joined(points.reshaped([n, count / patch, patch * channels]), mode: mode)
  }
}
