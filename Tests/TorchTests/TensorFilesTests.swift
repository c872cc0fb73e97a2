import Files
import Foundation
import Testing
import Torch

@Suite struct TensorFilesTests {
  /// Every type of tensor survives the way into an array and back, bit for bit, with empty and
  /// scalar shapes.
  @Test(arguments: DType.allCases, [[2, 3], [], [0, 4]])
  func roundTripOfEveryType(dtype: DType, shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let tensor = Tensor((0..<count).map { Double($0 % 2) }, shape: shape, dtype: dtype)
    let array = tensor.numericArray
    #expect(array.shape == shape)
    #expect(array.bytes.count == count * dtype.byteCount)
    let back = try Tensor(array)
    #expect(back.dtype == dtype)
    #expect(back.shape == shape)
    #expect(back.numericArray == array)
  }

  @Test func valuesInRowMajorOrder() {
    let tensor = Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
    #expect(tensor.T.numericArray == NumericArray([1.0, 4, 2, 5, 3, 6], shape: [3, 2]))
  }

  /// Types that tensors do not have widen.
  @Test func widening() throws {
    let halves = try Tensor(NumericArray([0.5, -2] as [Float16]))
    #expect(halves.dtype == .float32)
    #expect(halves.array(Float.self) == [0.5, -2])
    let shorts = try Tensor(NumericArray([-7, 32000] as [Int16]))
    #expect(shorts.dtype == .int64)
    #expect(shorts.array(Int.self) == [-7, 32000])
  }

  @Test func integerBeyondInt64() {
    let array = NumericArray([1, UInt64.max] as [UInt64])
    let failure = #expect(throws: Failure.self) { try Tensor(array, name: "labels.npy") }
    #expect(failure?.place == "labels.npy (index [1])")
  }

  @Test func safetensorsRoundTrip() throws {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID()).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let layer = Linear(3, 2, key: Key(1))
    try Safetensors(layer.parameters.entries, metadata: ["step": "12"]).write(to: path)

    let file = try Safetensors.read(path)
    #expect(file.metadata == ["step": "12"])
    #expect(file.names == ["weight", "bias"])
    let other = Linear(3, 2, key: Key(2))
    #expect(other.weight.array(Float.self) != layer.weight.array(Float.self))
    try other.parameters.load(file.tensors(), from: path)
    #expect(other.weight.array(Float.self) == layer.weight.array(Float.self))
    #expect(other.bias?.array(Float.self) == layer.bias?.array(Float.self))
  }
}
