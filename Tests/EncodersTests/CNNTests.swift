import CoupletCore
import Files
import Foundation
import Testing

@testable import Encoders

struct CNNTests {
  /// Fixtures/cnn.py: an image that is made smaller, and one that is too small for pooling.
  @Test(arguments: [("large", [2, 40, 80]), ("small", [1, 5, 7])])
  func `values and gradients are PyTorch's`(name: String, image: [Int]) throws {
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/cnn.safetensors").path
    let tensors = try Safetensors.read(fixture).tensors()
    func tensor(_ key: String) throws -> Tensor {
      try #require(tensors["\(name).\(key)"]).to(.float64)
    }
    let prefix = "\(name).weights."
    let weights = tensors.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }

    let encoder = CNN(image: image, dimension: 3, width: 4, key: Key(0))
    try encoder.parameters.load(Dictionary(uniqueKeysWithValues: weights), from: fixture)
    encoder.parameters.convert(to: .float64)
    let outputs = encoder(try tensor("images"))
    (outputs * (try tensor("cotangent"))).sum().backward()

    // Both sum the same terms in float64, of size 1, in orders of their own: some thousand roundings of 1e-16.
    #expect(largestDifference(outputs, try tensor("outputs")) < 1e-12)
    let gradient = try #require(encoder.convolutions[0].weight.gradient)
    #expect(largestDifference(gradient, try tensor("gradient")) < 1e-12)
  }

  @Test(arguments: [[28, 28], [1, 1], [3, 8, 8], [1, 200, 3], [4, 64, 64]])
  func `images of every size have embeddings`(shape: [Int]) {
    let encoder = CNN(image: shape, dimension: 7, key: Key(0))
    #expect(encoder(.uniform([2] + shape, key: Key(1))).shape == [2, 7])
  }
}
