import Samples
import Testing
import Torch

struct SampleRangeTests {
  private func numbers(_ count: Int) -> TensorSamples {
    TensorSamples(Tensor((0..<count).map(Double.init)))
  }

  @Test func `what is spread over samples are evenly spaced rows`() throws {
    let rows = try numbers(1024).spread(numbers: 256).array(Double.self)
    #expect(rows == (0..<256).map { Double(4 * $0) })
  }

  @Test func `what is spread over many samples are evenly spaced runs of 64 rows`() throws {
    let rows = try numbers(64 * 256 + 7).spread(numbers: 256).array(Double.self)
    let expected = [0, 4097, 8194, 12291].flatMap { $0..<($0 + 64) }
    #expect(rows == expected.map(Double.init))
  }
}
