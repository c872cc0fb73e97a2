import Samples
import Testing
import Torch

struct SplitTests {
  @Test func `pairs without groups are split as pairs each of which is a group`() throws {
    let pairs = try PairedData(
      u: Tensor.normal([50, 2], key: Key(0)), v: Tensor((0..<50).map { $0 % 3 }))
    let grouped = try pairs.grouped(by: Groups(Array(0..<50)))
    let split = try Split(of: pairs, heldOut: 0.2, key: Key(1))
    #expect(try split == Split(of: grouped, heldOut: 0.2, key: Key(1)))
    #expect((split.training + split.heldOut).sorted() == Array(0..<50))
    #expect(split.heldOut.count == 10)
  }
}
