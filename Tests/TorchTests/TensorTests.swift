import Files
import Testing
import Torch

@Suite struct TensorTests {
  @Test func creation() {
    #expect(Tensor([1.0, 2]).dtype == .float64)
    #expect(Tensor([1, 2] as [Float]).dtype == .float32)
    #expect(Tensor([1, 2]).dtype == .int64)
    #expect(Tensor([1, 2] as [UInt8]).dtype == .uint8)
    #expect(Tensor([true, false]).dtype == .bool)
    #expect(Tensor([1, 2], dtype: .bfloat16).dtype == .bfloat16)
    #expect(Tensor(2.5).shape == [])
    #expect(Tensor(2.5).item() == 2.5)
    #expect(Tensor([] as [Double], shape: [0, 3]).shape == [0, 3])

    #expect(Tensor.zeros([2, 3]).values == [0, 0, 0, 0, 0, 0])
    #expect(Tensor.ones([2], dtype: .int64).array(Int.self) == [1, 1])
    #expect(Tensor.full([2], 0.25, dtype: .float64).array(Double.self) == [0.25, 0.25])
    #expect(Tensor.empty([4, 5], dtype: .uint8).shape == [4, 5])
    #expect(Tensor.eye(2).values == [1, 0, 0, 1])
    #expect(Tensor.arange(4).array(Int.self) == [0, 1, 2, 3])
    #expect(Tensor.arange(2, dtype: .float32).array(Float.self) == [0, 1])
    let like = Tensor.ones([2, 1], dtype: .float64).zerosLike()
    #expect(like.dtype == .float64 && like.shape == [2, 1] && like.values == [0, 0])
  }

  /// What a type cannot hold is infinite, in constants and limits as in products.
  @Test func numbersBeyondTheType() {
    let x = Tensor([1, -2] as [Float])
    #expect((x * 1e300).values == [.infinity, -.infinity])
    #expect(Tensor.full([1], 1e39).values == [.infinity])
    #expect(Tensor.full([1], -1e39, like: x).values == [-.infinity])
    #expect(Tensor.full([1], 1e300, dtype: .float64).array(Double.self) == [1e300])
    #expect(Tensor(1e39, dtype: .bfloat16).item() == .infinity)
    #expect(x.clamped(min: -1e300, max: 1e300).values == [1, -2])
    #expect(x.clamped(min: 1e300).values == [.infinity, .infinity])
    #expect(x.masked(x.greater(than: 0), with: -1e300).values == [-.infinity, -2])
  }

  /// The ends are exact, whatever the step rounds to.
  @Test func linspace() {
    #expect(Tensor.linspace(0, 1, 5).values == [0, 0.25, 0.5, 0.75, 1])
    #expect(Tensor.linspace(0, 0.7, 8).values.last == 0.7)
    #expect(Tensor.linspace(3, 9, 1).values == [3])
  }

  @Test func description() {
    let x = Tensor([1.0, 2, 3, 4], shape: [2, 2])
    #expect(x.rank == 2 && x.count == 4 && x.device == .cpu && x.isContiguous)
    #expect("\(x)" == "float64[2, 2] [1.0, 2.0, 3.0, 4.0]")
    #expect("\(Tensor.zeros([17]))" == "float32[17]")
  }

  /// Reading a view gives its own elements in row-major order.
  @Test func readingViews() {
    let x = Tensor([1, 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(!x.T.isContiguous)
    #expect(x.T.array(Int.self) == [1, 4, 2, 5, 3, 6])
    #expect(x.T.contiguous().isContiguous)
    #expect(x[0..<2].narrow(dim: 1, 1..<2).array(Int.self) == [2, 5])
    x.withElements(Int.self) { #expect(Array($0) == [1, 2, 3, 4, 5, 6]) }
    x.withBytes { #expect($0.count == 48) }
  }

  // MARK: Types

  @Test(arguments: DType.allCases)
  func conversion(dtype: DType) {
    #expect(Tensor([0.0, 1, 1]).to(dtype).dtype == dtype)
    #expect(Tensor([0.0, 1, 1]).to(dtype).values == [0, 1, 1])
    #expect(dtype.isFloatingPoint == [.float32, .float64, .bfloat16].contains(dtype))
    #expect("\(dtype)" == dtype.rawValue)
  }

  /// Towards integers values are cut off; towards bool they are compared to zero; bfloat16 keeps eight
  /// significant bits.
  @Test func lossyConversion() {
    #expect(Tensor([1.9, -1.9]).to(.int64).array(Int.self) == [1, -1])
    #expect(Tensor([0.0, 0.5]).to(.bool).array(Bool.self) == [false, true])
    #expect(Tensor([257.0, 258]).to(.bfloat16).values == [256, 258])
  }

  /// As in PyTorch: the wider floating-point type wins among tensors with axes, and a number does not widen
  /// a floating-point tensor.
  @Test func promotion() {
    let (single, double) = (Tensor.ones([2]), Tensor.ones([2], dtype: .float64))
    #expect((single + double).dtype == .float64)
    #expect((single + 0.1).dtype == .float32)
    #expect((Tensor([1, 2]) + single).dtype == .float32)
    #expect((Tensor([1, 2]) / Tensor([2, 2])).values == [0.5, 1])
    #expect(Tensor([1, 2]).sum().dtype == .int64)
    #expect(Tensor([true, true]).sum().item() == 2)
  }

  // MARK: Sharing

  @Test func viewsShareStorage() {
    let x = Tensor([1.0, 2, 3, 4], shape: [2, 2])
    let views = [x.T, x.reshaped([4]), x[1], x.diagonal(), x.detached(), x.contiguous()]
    x.fill(7)
    for view in views { #expect(view.values.allSatisfy { $0 == 7 }) }
    x[0].fill(1)
    #expect(x.values == [1, 1, 7, 7])
  }

  @Test func copiesDoNotShare() {
    let x = Tensor([1.0, 2, 3, 4], shape: [2, 2])
    let copies = [x.clone(), x.T.contiguous(), x.to(.float32), x.indexSelect(.arange(2))]
    x.fill(7)
    for copy in copies { #expect(copy.values.sorted() == [1, 2, 3, 4]) }
  }

  @Test func copyFrom() {
    let x = Tensor.zeros([2, 2], dtype: .float64)
    x.copy(from: Tensor([1, 2]))
    #expect(x.values == [1, 2, 1, 2])
    x.T[0].copy(from: Tensor([5.0, 6]))
    #expect(x.values == [5, 2, 6, 2])
  }

  @Test func channelsLast() {
    let x = Tensor.arange(24, dtype: .float32).reshaped([1, 2, 3, 4])
    let y = x.channelsLast()
    #expect(y.shape == x.shape && !y.isContiguous)
    #expect(y.values == x.values)
  }

  // MARK: Devices

  @Test func devices() throws {
    #expect(try Device("cpu") == .cpu)
    #expect(Device.available.contains(.cpu))
    #expect(["\(Device.cpu)", "\(Device.cuda(1))", "\(Device.mps)"] == ["cpu", "cuda:1", "mps"])
    for device in Device.available {
      let there = try Tensor([1.0, 2], dtype: .float32).to(device)
      #expect(there.device == device)
      #expect((there + 1).values == [2, 3])
    }
    for name in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
      #expect(throws: Failure.self) { try Device(name) }
    }
  }

  /// A GPU that no machine has.
  @Test func missingDevice() {
    let failure = #expect(throws: Failure.self) { try Device("cuda:4096") }
    #expect(failure?.what.hasPrefix("device cuda:4096 is not available (found: cpu") == true)
    #expect(failure?.remedy.contains("COUPLET_TORCH") == true)
    #expect(throws: Failure.self) { try Tensor(1).to(.cuda(4096)) }
  }

  @Test func runtime() {
    #expect(Runtime.version.hasPrefix("2."))
    #expect(!Runtime.instructionSet.isEmpty)
    #expect(Runtime.threads >= 1)
    Runtime.threads = Runtime.threads
  }
}
