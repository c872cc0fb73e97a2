import CoupletCore
import Files
import Foundation
import SampleReaders
import Samples
import Testing
import Training

@testable import Runs

/// Which pairs are learned from, chosen by, and tested with.
struct PartsTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    Formats.register()
  }

  private func data(_ count: Int, labels: Int? = nil, groups: Groups? = nil) throws -> Dataset {
    let u = Tensor.normal([count, 3], key: Key(1))
    let v = labels.map { k in Tensor((0..<count).map { $0 % k }) } ?? u * 2
    return try Dataset(name: "pairs", training: PairedData(u: u, v: v, groups: groups))
  }

  private func parts(
    _ data: Dataset, _ change: (inout RunConfiguration) throws -> Void = { _ in }
  ) throws -> PairParts {
    var settings = RunConfiguration(for: data)
    try change(&settings)
    return try settings.parts(of: data)
  }

  private func rows(_ pairs: PairedData?) -> [Int] { pairs?.fileRows ?? [] }

  @Test func noneIsNoPart() throws {
    #expect(try PartSettings("none") == PartSettings.none)
    let parts = try parts(data(1000)) {
      $0 = try $0.with(["test": "none", "validation": "none"])
    }
    #expect(parts.training.count == 1000 && parts.test == nil && parts.validation == nil)
  }

  @Test func aTenthEachIsValidatedAndTestedWith() throws {
    let data = try data(1000)
    let parts = try parts(data)
    #expect(parts.training.count == 800)
    #expect(parts.validation?.count == 100 && parts.test?.count == 100)
    let all = rows(parts.training) + rows(parts.validation) + rows(parts.test)
    #expect(all.sorted() == Array(0..<1000))
    // The same seed, the same parts; the test pairs do not depend on the validation.
    let again = try self.parts(data) { $0.validation = PartSettings.none }
    #expect(again.validation == nil && rows(again.test) == rows(parts.test))
    #expect(try rows(self.parts(data).validation) == rows(parts.validation))
    #expect(try rows(self.parts(data) { $0.seed = 1 }.validation) != rows(parts.validation))
  }

  @Test func labelsKeepTheirProportionsAndGroupsStayTogether() throws {
    let labelled = try parts(data(600, labels: 3))
    for part in [labelled.validation, labelled.test] {
      let labels = try #require(part).v.array(Int.self)
      #expect((0..<3).map { label in labels.count { $0 == label } } == [20, 20, 20])
    }
    let grouped = try parts(data(600, groups: Groups((0..<600).map { $0 / 5 })))
    let groups = [grouped.training, grouped.validation, grouped.test].map { part in
      Set(rows(part).map { $0 / 5 })
    }
    #expect(groups.map(\.count) == [96, 12, 12])
    #expect(groups.reduce(Set()) { $0.union($1) }.count == 120)
  }

  @Test(arguments: [1, 2, 3, 10, 19, 199])
  func fewPairsHaveNoValidationAndAPartOfOneIsNone(count: Int) throws {
    let parts = try parts(data(count))
    #expect(parts.validation == nil)
    #expect(parts.test.map { $0.count >= 2 } ?? true)
    #expect(parts.training.count + (parts.test?.count ?? 0) == count)
    #expect((parts.test == nil) == (count < 15))
    // Asked for, there is one.
    guard count == 199 else { return }
    let asked = try self.parts(data(count)) { $0.validation = .fraction(0.2) }
    #expect(asked.validation?.count == 40)
  }

  @Test func rowsOfAFileAreAPart() throws {
    let file = scratch.path + "/rows.txt"
    try Data("7\n3\n11\n".utf8).write(to: URL(filePath: file))
    let parts = try parts(data(300)) { $0.test = file }
    #expect(rows(parts.test) == [7, 3, 11])
    #expect(!rows(parts.training).contains(7) && parts.training.count == 267)
    for (text, says) in [("5 5", "once only"), ("300", "do not have"), ("x", "'x' is no row")] {
      try Data(text.utf8).write(to: URL(filePath: file))
      let failure = #expect(throws: Failure.self) {
        try self.parts(data(300)) { $0.test = file }
      }
      #expect(failure?.description.contains(says) == true)
    }
    let greedy = #expect(throws: Failure.self) {
      try self.parts(data(300)) { ($0.heldOut, $0.validation) = (0.5, .fraction(0.5)) }
    }
    #expect(greedy?.place == .setting("validation", value: "0.5"))
  }

  /// What is written is read back, in the order of the draw.
  @Test func aRunKeepsItsParts() throws {
    let data = try data(300)
    let settings = RunConfiguration(for: data)
    let parts = try settings.parts(of: data)
    let directory = try RunDirectory(creating: scratch.path + "/run")
    try directory.begin(settings, data, parts)
    let read = try directory.parts(of: data, directory.readSettings())
    #expect(rows(read.training) == rows(parts.training))
    #expect(rows(read.validation) == rows(parts.validation) && read.validation?.count == 30)
    #expect(rows(read.test) == rows(parts.test))
  }

  @Test func stepsDecideHowLongFewPairsAreTrained() throws {
    var settings = RunConfiguration(for: try data(1000))
    let parts = try settings.parts(of: data(1000))
    settings.setLength(for: parts, given: [])
    // 800 pairs are two batches of 512.
    #expect(settings.epochs == 1_500 && settings.evaluateEvery == 10)
    settings.epochs = 5
    settings.setLength(for: parts, given: ["epochs"])
    #expect(settings.epochs == 5 && settings.evaluateEvery == 1)
    settings.setLength(for: PairParts(training: try data(100).training), given: [])
    #expect(settings.epochs == 300)
    settings.batch = 2
    settings.setLength(for: PairParts(training: parts.training, validation: parts.test), given: [])
    #expect(settings.epochs == 20)
    // Of four pairs a group, an epoch has one.
    let grouped = try parts.training.grouped(
      by: Groups((0..<parts.training.count).map { $0 / 4 }))
    settings.setLength(for: PairParts(training: grouped, validation: parts.test), given: [])
    #expect(settings.epochs == 80)
  }
}
