import CoupletCore
import Files
import Foundation
import Testing

@testable import Encoders

struct LeNetTests {
  /// 6 · (25 + 1) + 16 · (6 · 25 + 1) + (400 + 1) · 480 + (480 + 1) · 84 + (84 + 1) · 10.
  @Test func `the number of parameters is that of the layers`() {
    #expect(LeNet(image: [28, 28], dimension: 10, key: Key(0)).parameters.count == 236_306)
  }

  @Test func `images with and without a channel axis are the same`() {
    let encoder = LeNet(image: [28, 28], dimension: 10, key: Key(0))
    let images = Tensor.uniform([5, 28, 28], key: Key(1))
    let outputs = encoder(images)
    #expect(outputs.shape == [5, 10])
    #expect(outputs.equal(to: encoder(images.unsqueezed(1))).allTrue())
  }

  @Test(arguments: [[12, 12], [13, 31], [3, 32, 32]])
  func `images of other sizes have embeddings of the same dimension`(shape: [Int]) {
    let encoder = LeNet(image: shape, dimension: 7, key: Key(0))
    #expect(encoder(.uniform([2] + shape, key: Key(1))).shape == [2, 7])
  }

  /// Fixtures/lenet.py, which applies ReLU before the pooling as the literature does.
  @Test func `values and gradients are PyTorch's`() throws {
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/lenet.safetensors").path
    let tensors = try Safetensors.read(fixture).tensors()
    func tensor(_ name: String) throws -> Tensor { try #require(tensors[name]).to(.float64) }
    let prefix = "weights."
    let weights = tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }

    let encoder = LeNet(image: [2, 16, 19], dimension: 3, key: Key(0))
    try encoder.parameters.load(Dictionary(uniqueKeysWithValues: weights), from: fixture)
    encoder.parameters.convert(to: .float64)
    let outputs = encoder(try tensor("images"))
    (outputs * (try tensor("cotangent"))).sum().backward()

    // Both sum the same terms in float64, of size 1, in orders of their own: some thousand roundings of
    // 1e-16.
    #expect(largestDifference(outputs, try tensor("outputs")) < 1e-12)
    for name in ["convolutions.0.weight", "convolutions.1.weight"] {
      let gradient = try #require(encoder.parameters[name]?.gradient)
      #expect(largestDifference(gradient, try tensor("gradient.\(name)")) < 1e-12, "\(name)")
    }
  }
}

func largestDifference(_ x: Tensor, _ y: Tensor) -> Double {
  #expect(x.shape == y.shape)
  return (x.detached() - y.detached()).abs().max().item()
}
