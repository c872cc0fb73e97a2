import CoupletCore
import Files
import Foundation
import Testing

@testable import Encoders

/// Fixtures/torchscript.py: a network of PyTorch's for images of 1 × 4 × 5, with six values.
@Suite struct PretrainedTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")
  static let file = folder.appending(path: "torchscript.pt").path
  private let space = SampleSpace.real(shape: [1, 4, 5])

  private func fixture(_ name: String) throws -> Tensor {
    let path = Self.folder.appending(path: "torchscript.safetensors").path
    return try #require(Safetensors.read(path).tensors()[name])
  }

  private func encoder(_ text: String) throws -> Pretrained {
    try #require(
      EncoderSettings(text).build(for: space, dimension: 3, key: Key(0)) as? Pretrained)
  }

  /// The same kernels on the same numbers: a few roundings of 6e-8 of values of the order of 1.
  @Test func `values and gradients are PyTorch's`() throws {
    let network = try LoadedNetwork(Self.file, .torchScript)
    let names = ["0.weight", "0.bias", "1.weight", "1.bias", "5.weight", "5.bias"]
    #expect(network.parameters.entries.map(\.name) == names)
    let images = try fixture("images")
    images.requiresGradient = true
    for tensor in network.parameters.tensors { tensor.requiresGradient = true }
    // More than once: the interpreter must not rewrite what it runs.
    for _ in 0..<3 {
      images.gradient = nil
      network.parameters["0.weight"]?.gradient = nil
      let values = network(images)
      (values * (try fixture("cotangent"))).sum().backward()
      #expect(largestDifference(values, try fixture("values")) < 1e-6)
      let slopes = try #require(images.gradient)
      #expect(largestDifference(slopes, try fixture("gradient.images")) < 1e-6)
      let weight = try #require(network.parameters["0.weight"]?.gradient)
      // A sum over 100 places.
      #expect(largestDifference(weight, try fixture("gradient.weight")) < 1e-5)
    }
  }

  @Test func `the projection is learned, and the network where that is asked for`() throws {
    let images = try fixture("images")
    let frozen = try encoder("torchscript:\(Self.file)")
    #expect(frozen.parameters.entries.map(\.name) == ["projection.weight", "projection.bias"])
    let expected = frozen.projection(try fixture("values"))
    #expect(largestDifference(frozen(images), expected) < 1e-6)
    frozen(images).square().sum().backward()
    #expect(frozen.network.parameters.tensors.allSatisfy { $0.gradient == nil })

    let trained = try encoder("torchscript:\(Self.file):train")
    #expect(trained.parameters.entries.map(\.name).first == "network.0.weight")
    #expect(trained(images).equal(to: frozen(images)).allTrue())
    trained(images).square().sum().backward()
    for (name, tensor) in trained.parameters.entries {
      #expect(try #require(tensor.gradient, "\(name)").abs().sum().item() > 0)
    }
    // What is learned is what the network computes with.
    withoutGradients { trained.network.parameters["5.bias"]?.fill(100) }
    #expect(largestDifference(trained(images), frozen(images)) > 1)
  }

  /// A derivative with respect to samples, which chains of samples follow, passes a network that is not learned.
  @Test func `samples have derivatives`() throws {
    let images = try fixture("images")
    images.requiresGradient = true
    try encoder("torchscript:\(Self.file)")(images).sum().backward()
    #expect(try #require(images.gradient).abs().sum().item() > 0)
  }

  @Test func `the file is known by its checksum`() throws {
    let copy = NSTemporaryDirectory() + "couplet-\(UUID().uuidString).pt"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try FileManager.default.copyItem(atPath: Self.file, toPath: copy)
    let settings = try EncoderSettings("torchscript:\(copy):train:standardized")
    #expect(
      settings.description.wholeMatch(
        of: /torchscript:\/.*\.pt:train:checksum=[0-9]+-[0-9a-f]+:standardized/) != nil)
    #expect(try EncoderSettings(settings.description) == settings)
    _ = try settings.build(for: space, dimension: 2, key: Key(0))
    var bytes = try Data(contentsOf: URL(fileURLWithPath: copy))
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: URL(fileURLWithPath: copy))
    #expect(
      throws: Failure(
        "the file has changed since the run began", at: copy,
        remedy: "restore the file, or train anew")
    ) { try settings.build(for: space, dimension: 2, key: Key(0)) }
  }

  @Test func `what is no network, or does not fit, is refused in one line`() throws {
    func message(_ text: String, _ space: SampleSpace) -> String {
      do {
        _ = try EncoderSettings(text).build(for: space, dimension: 2, key: Key(0))
        return "built"
      } catch { return "\(error)" }
    }
    let missing = message("torchscript:/nowhere/net.pt", space)
    #expect(missing.hasPrefix("/nowhere/net.pt: cannot open the file"), "\(missing)")
    let other = Self.folder.appending(path: "torchscript.safetensors").path
    let damaged = message("torchscript:\(other)", space)
    #expect(damaged.hasPrefix("\(other): this is no TorchScript ("), "\(damaged)")
    let package = message("pt2:\(other)", space)
    #expect(package.hasPrefix("\(other): this is no AOTInductor package ("), "\(package)")
    let shape = message("torchscript:\(Self.file)", .real(shape: [7]))
    #expect(
      shape.hasPrefix("\(Self.file): the network fails on float32 of shape [3, 7]: "), "\(shape)")
    #expect(
      message("torchscript:\(Self.file)", .labels(count: 3)).contains("labels are no input for it"))
    for text in [missing, damaged, package, shape] {
      #expect(!text.contains("\n") && text.contains(" — "), "\(text)")
    }
  }
}
