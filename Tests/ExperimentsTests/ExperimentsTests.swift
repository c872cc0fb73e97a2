import Files
import Testing

@testable import Experiments

@Suite struct ExperimentsTests {
  @Test func namesAreDistinct() {
    let names = Experiments.all.map(\.name) + Experiment.Group.allCases.map(\.rawValue)
    #expect(Set(names).count == names.count)
  }

  @Test func unknownNamesAreRefusedWithTheKnownOnes() {
    #expect(throws: Failure.self) { try Experiments.named("figure99") }
  }

  @Test func aGroupIsAllOfItsExperiments() throws {
    for group in Experiment.Group.allCases {
      let names = try Experiments.named(group.rawValue).map(\.name)
      #expect(names == Experiments.all.filter { $0.group == group }.map(\.name))
    }
  }
}
