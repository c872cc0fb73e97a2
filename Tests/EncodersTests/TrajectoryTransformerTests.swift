import CoupletCore
import Files
import Foundation
import Testing

@testable import Encoders

struct TrajectoryTransformerTests {
  /// Small, with everything switched on by the options in `text`.
  static func encoder(_ text: String, path: [Int] = [24, 2], dimension: Int = 5) throws
    -> TrajectoryTransformer
  {
    let settings = try EncoderSettings("transformer:width=8:heads=2:hidden=12:depth=2" + text)
    let built = try settings.build(for: .real(shape: path), dimension: dimension, key: Key(3))
    return try #require(built as? TrajectoryTransformer)
  }

  /// Fixtures/transformer.py: PyTorch's own linear maps, norms and attention.
  @Test func `values and gradients are PyTorch's`() throws {
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/transformer.safetensors").path
    let tensors = try Safetensors.read(fixture).tensors()
    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]).to(.float64) }
    let prefix = "weights."
    let weights = tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }

    let encoder = try Self.encoder(
      ":causal:pooling=attention:every=2:patch=3:velocities:waves=1:gated")
    try encoder.parameters.load(Dictionary(uniqueKeysWithValues: weights), from: fixture)
    encoder.parameters.convert(to: .float64)
    let outputs = encoder(try tensor("paths"))
    (outputs * (try tensor("cotangent"))).sum().backward()

    // Both sum the same terms in float64, of size up to 10², in orders of their own: some thousand roundings.
    #expect(largestDifference(outputs, try tensor("outputs")) < 1e-11)
    let gradients = tensors.keys.filter { $0.hasPrefix("gradient.") }
    #expect(gradients.count == 6)
    for name in gradients {
      let own = try #require(
        encoder.parameters[String(name.dropFirst("gradient.".count))]?.gradient)
      #expect(largestDifference(own, try tensor(name)) < 1e-10, "\(name)")
    }
  }

  /// With the defaults: 12 blocks of 2 norms (2 d'), attention (4 d'² + 4 d') and perceptron (8 d'² + 5 d'), a lift,
  /// places, a norm and a projection.
  @Test func `the default is the paper's shape`() throws {
    let encoder = TrajectoryTransformer(path: [1000, 2], dimension: 98, key: Key(0))
    let block = 12 * 64 * 64 + 13 * 64
    #expect(
      encoder.parameters.count == 12 * block + 3 * 64 + 1000 * 64 + 2 * 64 + 65 * 98)
    #expect(encoder(.uniform([2, 1000, 2], key: Key(1))).shape == [2, 98])
  }

  /// With causal attention the first token cannot see the last point; without, it can.
  @Test(arguments: [(":causal", true), ("", false)])
  func `causal attention looks back only`(option: String, isBlind: Bool) throws {
    let encoder = try Self.encoder(option)
    var block = Tensor.uniform([1, 24, 8], key: Key(0))
    let before = encoder.blocks[0](block)[0][0]
    block = cat([block.narrow(dim: 1, 0..<23), block.narrow(dim: 1, 23..<24) + 1], dim: 1)
    #expect(before.equal(to: encoder.blocks[0](block)[0][0]).allTrue() == isBlind)
  }

  /// Waves and velocities do not change when a path is moved by whole periods; with a lift that is blind to the
  /// coordinates themselves nothing else is seen. 64 steps of 2⁻²⁰ are exact in float32 next to 3.
  @Test func `a path moved by whole periods of the torus looks the same`() throws {
    let channels = PathChannels(try Self.encoder(":velocities:waves=2").settings)
    let path = (Tensor.uniform([1, 24, 2], key: Key(0)) * 0x1p20).rounded() * 0x1p-20
    let moved = path + Tensor([3, -2] as [Float])
    let (here, there) = (channels(path, mode: .inference), channels(moved, mode: .inference))
    let features = channels.count(coordinates: 2)
    #expect(features == 2 + 2 + 24 && here.shape == [1, 24, 28])
    // Phases up to 2π · 2 · (3 + 2) with float32's relative error of 6e-8, in turns and in radians.
    let difference = largestDifference(
      here.narrow(dim: 2, 2..<28), there.narrow(dim: 2, 2..<28))
    #expect(difference < 2e-5)
    #expect(largestDifference(here.narrow(dim: 2, 0..<2), there.narrow(dim: 2, 0..<2)) == 3)
  }

  /// A straight path of constant speed from the first point on: differences times the number of points.
  @Test func `velocities are lengths per duration`() {
    var settings = TransformerSettings()
    (settings.every, settings.hasVelocities) = (4, true)
    let time = Tensor.arange(20, dtype: .float32)
    let path = stack([time * 0.5, time * -1], dim: 1).unsqueezed(0)
    let channels = PathChannels(settings)(path, mode: .inference)[0]
    #expect(channels.shape == [5, 4])
    // Points 3, 7, … after the first point 0: 3 steps, then 4; five are seen.
    #expect(
      channels.narrow(dim: 1, 2..<3).flattened().array(Float.self) == [7.5, 10, 10, 10, 10])
    #expect(
      channels.narrow(dim: 1, 3..<4).flattened().array(Float.self) == [-15, -20, -20, -20, -20])
  }

  /// 22 points, in tokens of 6, are those of 24 whose first three are the same.
  @Test func `a path that does not fall into whole tokens has stood at its first point`() throws {
    let short = try Self.encoder(":every=2:patch=3:velocities", path: [22, 2])
    let whole = try Self.encoder(":every=2:patch=3:velocities", path: [24, 2])
    let paths = Tensor.uniform([3, 22, 2], key: Key(5))
    let first = paths.narrow(dim: 1, 0..<1)
    #expect(short(paths).equal(to: whole(cat([first, first, paths], dim: 1))).allTrue())
  }

  /// One bfloat16 product is good to 2⁻⁸ of its operands; two blocks of a few such products to some per cent.
  @Test func `mixed precision is near full precision, learns in float32, and ends`() throws {
    let full = try Self.encoder(""), half = try Self.encoder(":bfloat16")
    let paths = Tensor.uniform([16, 24, 2], key: Key(5))
    let (exact, mixed) = (full(paths), half(paths))
    #expect(mixed.dtype == .float32)
    let error = ((mixed - exact).norm() / exact.norm()).item()
    #expect(error > 1e-5 && error < 0.05)
    mixed.square().sum().backward()
    let gradients = half.parameters.tensors.compactMap(\.gradient)
    #expect(gradients.count == half.parameters.entries.count)
    #expect(gradients.allSatisfy { $0.dtype == .float32 })
    #expect(full(paths).equal(to: exact).allTrue())
  }

  @Test(arguments: [
    (
      "", [24],
      "encoder transformer: it needs paths, points × coordinates, not samples of shape 24 — "
        + "save the paths as N × points × coordinates, or use linear or mlp:WIDTHS"
    ),
    (
      ":every=5:patch=5", [24, 2],
      "encoder transformer: paths of 24 points hold no token of every × patch = 25 points — "
        + "choose every and patch with a product of at most 24"
    ),
    (
      ":waves=1", [24, 3],
      "encoder transformer: waves need points of the plane, and these have 3 coordinates — leave out waves"
    ),
  ])
  func `paths that do not fit are refused`(text: String, shape: [Int], message: String) {
    do {
      _ = try Self.encoder(text, path: shape)
      Issue.record("built")
    } catch { #expect("\(error)" == message) }
  }
}
