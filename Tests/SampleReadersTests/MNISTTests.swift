import Files
import Foundation
import Samples
import Scratch
import Testing
import Torch

@testable import SampleReaders

struct MNISTTests {
  init() { SampleReaders.register() }

  /// Three training and two test images of 2 × 2 pixels.
  private func small() throws -> Scratch {
    let scratch = try Scratch()
    let pixels: [UInt8] = [0, 1, 2, 3, 252, 253, 254, 255, 51, 102, 153, 204]
    try scratch.idx("train-images-idx3-ubyte", NumericArray(pixels, shape: [3, 2, 2]))
    try scratch.idx("train-labels-idx1-ubyte", NumericArray([9, 0, 4] as [UInt8]))
    try scratch.idx(
      "t10k-images-idx3-ubyte", NumericArray(Array(pixels.suffix(8)), shape: [2, 2, 2]))
    try scratch.idx("t10k-labels-idx1-ubyte", NumericArray([1, 2] as [UInt8]))
    return scratch
  }

  @Test func `pixels become numbers from 0 to 1 and labels integers`() throws {
    let scratch = try small()
    let data = try DataSource("mnist:\(scratch.path)").read()
    #expect(try data.training.u.dtype == .float32)
    #expect(try data.training.u.shape == [3, 2, 2])
    #expect(
      try data.training.u.array(Float.self)
        == [0, 1, 2, 3, 252, 253, 254, 255, 51, 102, 153, 204].map { $0 / 255 })
    #expect(try data.training.v.array(Int.self) == [9, 0, 4])
    #expect(try data.test?.v.array(Int.self) == [1, 2])
    #expect(data[.u] == .real(shape: [2, 2]) && data[.v] == .labels(count: 10))
    #expect(
      data.summary
        == "mnist:\(scratch.path): 3 training and 2 test pairs; u 2 × 2, v 10 labels")
  }

  @Test func `damaged files are explained`() throws {
    let labels = "train-labels-idx1-ubyte"
    let images = "train-images-idx3-ubyte"
    let table: [(damage: (Scratch) throws -> Void, message: String)] = [
      (
        { try FileManager.default.removeItem(atPath: "\($0.path)/t10k-labels-idx1-ubyte") },
        "DIR: there is no t10k-labels-idx1-ubyte, gzipped or not — "
          + "scripts/fetch-mnist.sh DIR downloads MNIST's four files"
      ),
      (
        { try $0.idx(labels, NumericArray([9, 0] as [UInt8])) },
        "DIR/\(images): 3 samples of u, but 2 of v in DIR/\(labels) — "
          + "give as many rows of each: row i of one belongs to row i of the others"
      ),
      (
        { try $0.idx(labels, NumericArray([9, 10, 4] as [UInt8])) },
        "DIR/\(labels): the labels run from 1 to 10, but 3 does not occur — "
          + "give labels without gaps"
      ),
      (
        { try $0.idx(images, NumericArray([9, 0, 4] as [UInt8])) },
        "DIR/\(images): uint8 of shape [3] are not images — "
          + "give MNIST's own files: bytes with 3 axes"
      ),
      (
        { try $0.idx(labels, NumericArray([9, 0, 4] as [Float])) },
        "DIR/\(labels): float32 of shape [3] are not labels — "
          + "give MNIST's own files: bytes with 1 axis"
      ),
      (
        {
          try $0.idx(
            "t10k-images-idx3-ubyte",
            NumericArray([UInt8](repeating: 0, count: 12), shape: [2, 2, 3]))
        },
        "DIR/t10k-images-idx3-ubyte: the test samples of u are 2 × 3, those of the training 2 × 2 — "
          + "give test pairs of the same kind"
      ),
    ]
    for (damage, message) in table {
      let scratch = try small()
      try damage(scratch)
      #expect(scratch.failure { try MNIST.read(scratch.path) } == message)
    }
    // The readers of IDX and gzip have their own tables; here, that their failures come through.
    let scratch = try small()
    try scratch.bytes(labels, Data([0x1F, 0x8B, 8, 0, 0]))
    #expect(scratch.failure { try MNIST.read(scratch.path) }?.hasPrefix("DIR/\(labels)") == true)
  }

  static let real = ProcessInfo.processInfo.environment["COUPLET_DATA"].map { "\($0)/mnist" }

  /// Counts and sums of bytes as Python's gzip module and `sum` give them.
  @Test(
    .enabled(
      if: real.map(Folder.exists) ?? false,
      "MNIST is not in $COUPLET_DATA/mnist: scripts/fetch-mnist.sh $COUPLET_DATA/mnist gets it"))
  func `MNIST itself is read whole`() throws {
    let data = try MNIST.read(try #require(Self.real))
    let test = try #require(data.test)
    #expect(try data.training.u.shape == [60_000, 28, 28])
    #expect(try test.u.shape == [10_000, 28, 28])

    func counts(_ labels: Tensor) -> [Int] {
      labels.array(Int.self).reduce(into: [Int](repeating: 0, count: 10)) { $0[$1] += 1 }
    }
    #expect(
      try counts(data.training.v) == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    #expect(try counts(test.v) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])

    func byteSum(_ images: Tensor) -> Double {
      (images * 255).rounded().to(.float64).sum().item()
    }
    #expect(try byteSum(data.training.u) == 1_567_298_545)
    #expect(try byteSum(test.u) == 264_923_200)
  }
}
