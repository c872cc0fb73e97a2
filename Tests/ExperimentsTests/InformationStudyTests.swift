import Files
import Information
import Testing
import Torch

@testable import Experiments

@Suite struct InformationStudyTests {
  @Test func whatIsWrittenOfATask() throws {
    let key = Key(3)
    let u = Tensor.normal([300, 1], key: key.folded(with: 0), dtype: .float64)
    let v = u * 0.6 + Tensor.normal([300, 1], key: key.folded(with: 1), dtype: .float64) * 0.8
    var effort = InformationEstimate.Effort()
    effort.learned = nil
    let found = try (2..<4).map {
      try InformationEstimate(u: u, v: v, effort: effort, key: key.folded(with: $0))
    }
    let task = InformationTask(name: "pair", truth: 0.25) { n, _ in
      (.zeros([n, 1]), .zeros([n, 1]))
    }
    let numbers = InformationRow(task: task, found: found, seconds: 3).numbers
    guard case .object(let members) = try JSON(encoding: numbers) else {
      Issue.record("no object")
      return
    }
    #expect(
      members.map(\.key) == [
        "truth", "value", "values", "methods", "held", "needsLearnedScores", "estimates",
        "secondsEach",
      ])
    #expect(members[0].value == .number(0.25) && members[7].value == .number(1.5))
    #expect(members[2].value == .numbers(found.map(\.value)))
    // The mean over the draws of every estimate that was made, by its method's name.
    guard case .object(let estimates) = members[6].value else {
      Issue.record("no estimates")
      return
    }
    #expect(estimates.map(\.key) == found[0].estimates.map(\.method.rawValue).sorted())
    for estimate in found[0].estimates {
      let values = found.flatMap { $0.estimates.filter { $0.method == estimate.method } }
      let mean = (values[0].value + values[1].value) / 2
      #expect(
        estimates.contains { $0.key == estimate.method.rawValue && $0.value == .number(mean) })
    }
  }
}
