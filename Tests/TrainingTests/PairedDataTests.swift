import CoupletCore
import Files
import TestModels
import Testing

@Suite struct PairedDataTests {
  @Test func rowsMustBelongTogether() throws {
    let failure = #expect(throws: Failure.self) {
      try PairedData(u: .zeros([3, 2]), v: .zeros([4, 2]))
    }
    #expect(failure?.description.contains("[3, 2]") == true)
    #expect(throws: Failure.self) { try PairedData(u: .zeros([0, 2]), v: .zeros([0, 2])) }
    #expect(throws: Failure.self) { try PairedData(u: Tensor(1), v: Tensor(1)) }
  }

  @Test func selectionsKeepPairsTogether() throws {
    let pairs = try PairedData(u: .arange(10), v: Tensor((0..<10).map { 10 * $0 }))
    let chosen = pairs.select([7, 2, 2])
    #expect(try chosen.u.array(Int.self) == [7, 2, 2])
    #expect(try chosen.v.array(Int.self) == [70, 20, 20])
    #expect(try pairs[3..<5].v.array(Int.self) == [30, 40])
  }

  @Test(arguments: [(0.0, 1), (0.25, 25), (0.999, 99), (1, 99)])
  func aSplitIsDisjointAndComplete(_ fraction: Double, _ size: Int) throws {
    let pairs = try PairedData(u: .arange(100), v: Tensor((0..<100).map { 10 * $0 }))
    let (training, heldOut) = try pairs.split(heldOut: fraction, key: Key(1))
    #expect(heldOut.count == size)
    let rows = try training.u.array(Int.self) + heldOut.u.array(Int.self)
    #expect(rows.sorted() == Array(0..<100))
    #expect(distance(try training.v, try training.u * 10) == 0)
  }
}
