import Samples
import Testing
import Torch

struct RepeatsTests {
  @Test(arguments: [DType.float32, .float64, .uint8])
  func `rows all of whose numbers are equal never count`(dtype: DType) throws {
    let rows = Tensor([1, 2, 3, 3, 1, 2, 3, 3, 0, 0, 2, 2.0], shape: [6, 2]).to(dtype)
    #expect(try Repeats.marks(of: TensorSamples(rows)) == [0, nil, 0, nil, nil, nil])
  }
}
