import Samples
import Testing

@Suite struct GroupsTests {
  @Test func numbersFollowFirstOccurrence() {
    let groups = Groups(["b", "a", "b", "c"])
    #expect(groups.numbers == [0, 1, 0, 2])
    #expect(groups.members == [[0, 2], [1], [3]])
    #expect(groups.select([3, 1, 3]).numbers == [0, 1, 0])
    #expect(!groups.areTrivial)
  }
}
