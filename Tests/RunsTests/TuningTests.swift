import CoupletCore
import Encoders
import Files
import Foundation
import Samples
import Testing
import Training

@testable import Runs

/// Settings chosen by trials: what is tried, for how long, and that stopping changes nothing.
struct TuningTests {
  private let data: Dataset
  private let base: RunConfiguration
  private let parts: PairParts

  init() throws {
    let u = Tensor.normal([240, 4], key: Key(1))
    let v = u.tanh() + .normal([240, 4], key: Key(2)) * 0.3
    data = try Dataset(name: "pairs", training: PairedData(u: u, v: v))
    base = RunConfiguration(for: data)
    parts = try base.parts(of: data)
  }

  // MARK: What is tried

  @Test func everyDrawCanBeTrained() throws {
    let space = SearchSpace(base: base, given: [])
    var seen: [String: Set<String>] = [:]
    for number in 0..<60 {
      let draw = try space.draw(Key(7).folded(with: number))
      #expect(try draw == space.draw(Key(7).folded(with: number)))
      for (name, value) in draw { seen[name, default: []].insert(value) }
      let settings = try base.with(draw)
      _ = try settings.trainer()
      _ = try settings.coupling(training: parts.training)
      // As text and back it is the same.
      #expect(try base.with(settings.changes(from: base)) == settings)
    }
    #expect(seen["tilting"] == ["cosine", "inner-product", "squared-distance"])
    #expect(seen["loss"] == ["two-sided", "joint"])
    #expect(seen["dimension"] == ["16", "32", "64", "128"])
    #expect(seen["optimizer"]?.contains("adam") == true)
    let rates = (seen["learning-rate"] ?? []).compactMap(Double.init)
    #expect(rates.count > 30 && rates.allSatisfy { (2e-4...4e-3).contains($0) })
  }

  @Test func whatIsGivenIsNotTried() throws {
    let given: Set = ["tilting", "encoder-u", "weight-decay", "temperature"]
    let all = try SearchSpace(base: base, given: []).draw(Key(7))
    let draw = try SearchSpace(base: base, given: given).draw(Key(7))
    #expect(
      draw.keys.sorted() == ["dimension", "encoder-v", "learning-rate", "loss"])
    // And what is tried besides is what would have been tried.
    #expect(draw.allSatisfy { all[$0.key] == $0.value })
    // Labels imply a dimension.
    let labels = try Dataset(
      name: "labelled",
      training: PairedData(u: try data.training.u, v: Tensor((0..<240).map { $0 % 5 })))
    let labelled = try SearchSpace(base: RunConfiguration(for: labels), given: []).draw(Key(7))
    #expect(labelled["encoder-v"] == "one-hot" && labelled["dimension"] == "5")
    #expect(throws: Failure.self) { try base.with(["no-such": "1"]) }
  }

  // MARK: For how long

  @Test func stagesHalveWithinTheBudget() throws {
    let rate = TuningPlan.Rate(secondsPerStep: 0.01, stepsUntilStop: 300)
    let stages = try TuningPlan.stages(budget: 600, rate: rate, partings: 9)
    #expect(stages.map(\.steps) == [150, 600, 600, 600])
    #expect(stages.map(\.partings) == [1, 1, 3, 9])
    for (before, after) in zip(stages, stages.dropFirst()) {
      #expect(after.count == (before.count + 2) / 3)
    }
    // A training stops after 300 steps: 600 s hold 200 of them.
    let trainings =
      stages[0].count / 2 + stages[1].count + 2 * stages[2].count + 6 * stages[3].count + 1
    #expect((190...200).contains(trainings))
    // Those that win may be the slowest: from the second stage on three times as slow.
    let uneven = try TuningPlan.stages(
      budget: 600, rate: .init(secondsPerStep: 0.01, slowest: 0.03, stepsUntilStop: 300),
      partings: 9)
    let full = uneven[1].count + 2 * uneven[2].count + (uneven.count > 3 ? 6 * uneven[3].count : 0)
    let seconds = 1.5 * Double(uneven[0].count) + 9 * Double(full + 1)
    #expect((500...600).contains(seconds), "\(uneven)")
    // No stage has a setting alone.
    let few = try TuningPlan.stages(budget: 60, rate: rate, partings: 9)
    #expect(few.map(\.partings) == [1, 1, 3] && few.allSatisfy { $0.count > 1 })
    // Many validation pairs need one parting; slow steps are fewer.
    #expect(
      try TuningPlan.stages(budget: 600, rate: rate, partings: 1).map(\.partings) == [1, 1])
    let slow = try TuningPlan.stages(
      budget: 600, rate: .init(secondsPerStep: 0.1), partings: 1)
    #expect(slow[1].steps < 1_000 && slow[0].count >= 12)
  }

  /// What the refusal says is enough is.
  @Test func aBudgetThatIsTooSmallIsRefusedWithOneThatIsNot() throws {
    let rate = TuningPlan.Rate(secondsPerStep: 2)
    do {
      _ = try TuningPlan.stages(budget: 20, rate: rate, partings: 9)
      Issue.record("20 s were enough for steps of 2 s")
    } catch let failure as Failure {
      let wanted = try #require(failure.remedy.firstMatch(of: /give (\d+)s or more/))
      let seconds = try #require(Double(wanted.1))
      #expect(try !TuningPlan.stages(budget: seconds, rate: rate, partings: 9).isEmpty)
    }
  }

  @Test func partingsAreOfTheSamePairs() throws {
    let partings = Partings(data, parts, seed: 0)
    func rows(_ pairs: PairedData?) -> Set<Int> {
      Set((0..<(pairs?.count ?? 0)).compactMap { pairs?.fileRow($0) })
    }
    let test = rows(parts.test)
    var drawn: Set<Set<Int>> = []
    for number in 0..<4 {
      let parting = try partings[number]
      let (training, validation) = (rows(parting.training), rows(parting.validation))
      #expect(training.isDisjoint(with: validation))
      #expect(training.union(validation).union(test) == Set(0..<240))
      #expect(validation.count == parts.validation?.count && rows(parting.test) == test)
      drawn.insert(validation)
    }
    #expect(drawn.count == 4)
  }

  // MARK: Carried out

  /// Four settings, one of which no samples fit and one of which diverges.
  private func plan(refit: Bool? = nil) throws -> TuningPlan {
    let linear = ["encoder-u": "linear", "encoder-v": "linear", "batch": "32"]
    return TuningPlan(
      base: base, data: try DataRecord(of: data, reading: nil), budget: 1,
      rate: .init(secondsPerStep: 0.001),
      candidates: [
        linear.merging(["learning-rate": "0.001"]) { $1 },
        linear.merging(["learning-rate": "0.02"]) { $1 },
        linear.merging(["encoder-u": "lenet"]) { $1 },
        linear.merging(["encoder-u": "mlp:8:dropout=0.1", "learning-rate": "0.01"]) { $1 },
      ],
      stages: [
        .init(count: 4, steps: 6, partings: 1), .init(count: 2, steps: 18, partings: 1),
        .init(count: 1, steps: 18, partings: 3),
      ], refit: refit)
  }

  private func carryOut(_ folder: String, stop: Int = .max) throws -> Tuning {
    var steps = 0
    var tuning = try Tuning(plan(), data, parts, in: folder) {
      steps += 1
      return steps > stop
    }
    while try tuning.next() != nil {}
    return tuning
  }

  @Test func stoppedAnywhereItEndsTheSame() throws {
    let scratch = try Scratch()
    let whole = scratch.path + "/whole"
    let tuning = try carryOut(whole)
    #expect(tuning.progress == (8, 8))
    let text = try String(contentsOfFile: whole + "/trials.jsonl", encoding: .utf8)
    for stop in [5, 17] {
      let folder = scratch.path + "/\(stop)"
      var stops = 0
      while true {
        do {
          let again = try carryOut(folder, stop: stop)
          #expect(again.trials == tuning.trials)
          #expect(try again.best() == tuning.best())
          break
        } catch let failure as Failure {
          #expect(failure.remedy.contains("couplet tune --resume"))
          stops += 1
          try #require(stops < 1_000)
        }
      }
      #expect(stops > 2)
      #expect(try String(contentsOfFile: folder + "/trials.jsonl", encoding: .utf8) == text)
      // Nothing of the trainings is left behind.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["trials.jsonl"])
    }
  }

  @Test func theBestOfTheLastStageIsTaken() throws {
    let scratch = try Scratch()
    let tuning = try carryOut(scratch.path)
    let trials = tuning.trials
    #expect(trials.map { $0.partings ?? 0 } == [3, 1, 1, 1])
    #expect(trials.map { $0.steps ?? 0 } == [18, 18, 6, 6])
    let failed = try #require(trials.first { $0.failure != nil })
    #expect(failed.settings?["encoder-u"] == "lenet" && failed.steps == 6)
    let best = try tuning.best()
    var wanted = try base.with(trials[0].settings ?? [:])
    (wanted.epochs, wanted.evaluateEvery) = (best.epochs, best.evaluateEvery)
    #expect(best == wanted && best.epochs == 3)
    // Trained by these settings alone, on the run's own parts, it is what the trial was.
    let coupling = try best.coupling(training: parts.training)
    let validation = try #require(parts.validation)
    let loss = best.loss.value
    let comparison = try #require(
      LossComparison(
        training: parts.training, validation: validation, batch: best.batch, loss: loss))
    try best.trainer().fit(
      coupling, to: parts.training, evaluate: { try $0.evaluate(on: validation, loss: loss) },
      compare: { try comparison($0) })
    let candidates = try plan().candidates
    let lines = try String(contentsOfFile: scratch.path + "/trials.jsonl", encoding: .utf8)
    let record = try lines.split(separator: "\n")
      .map { try JSONDecoder().decode(Tuning.Record.self, from: Data($0.utf8)) }
      .first {
        $0.parting == 0 && $0.steps == 18 && candidates[$0.candidate] == trials[0].settings
      }
    let report = try coupling.evaluate(on: validation, loss: loss)
    #expect(record?.rank != nil && report.meanRank == record?.rank)
  }

  /// A higher rank near chance is that of a few lucky pairs. What failed comes last.
  @Test func whatLearnedNothingComesAfterWhatDid() throws {
    let scratch = try Scratch()
    let failed = Tuning.Record(candidate: 2, steps: 6, parting: 0, failure: "it diverged")
    let records =
      [failed]
      + [(0, 0.30, false), (1, 0.20, true), (3, 0.25, true)].map {
        Tuning.Record(
          candidate: $0, steps: 6, parting: 0, rank: $1, loss: 0, hasLearned: $2, taken: 6,
          bestEpoch: 1)
      }
    try JSONLines<Tuning.Record>(scratch.path + "/trials.jsonl").write(records)
    let trials = try Tuning(plan(), data, parts, in: scratch.path).trials
    #expect(trials.map(\.rank) == [0.25, 0.20, 0.30, 0])
    #expect(trials.map(\.hasLearned) == [true, true, false, nil])
    #expect(trials.map(\.failure) == [nil, nil, nil, "it diverged"])
  }

  /// All pairs but those of the test, for the epochs that were best.
  @Test func theBestMayBeTrainedOnTheValidationPairsToo() throws {
    let scratch = try Scratch()
    let stopped = try carryOut(scratch.path).best()
    let again = try Tuning(plan(refit: true), data, parts, in: scratch.path)
    let best = try again.best()
    let records = try String(contentsOfFile: scratch.path + "/trials.jsonl", encoding: .utf8)
      .split(separator: "\n")
      .map { try JSONDecoder().decode(Tuning.Record.self, from: Data($0.utf8)) }
    let own = records.filter { record in
      record.steps == 18 && records.contains { $0.candidate == record.candidate && $0.parting == 2 }
    }
    let epochs = own.compactMap(\.bestEpoch)
    #expect(epochs.count == 3 && epochs.allSatisfy { (0...3).contains($0) })
    #expect(best.epochs == max(1, Int((Double(epochs.reduce(0, +)) / 3).rounded())))
    #expect(best.keep == .last && best.validation == PartSettings.none)
    #expect(best.learningRate == stopped.learningRate && best.sides == stopped.sides)
    let all = try best.parts(of: data)
    #expect(all.validation == nil && all.training.count == 216 && all.test?.count == 24)
    let (before, after) = (try #require(parts.test), try #require(all.test))
    #expect((0..<24).map(before.fileRow) == (0..<24).map(after.fileRow))
  }

  @Test func aPlanIsReadAsItWasWritten() throws {
    let scratch = try Scratch()
    try plan().write(to: scratch.path)
    #expect(try TuningPlan(readFrom: scratch.path + "/plan.json") == plan())
    try Data("{}".utf8).write(to: URL(fileURLWithPath: scratch.path + "/plan.json"))
    #expect(throws: Failure.self) { try TuningPlan(readFrom: scratch.path + "/plan.json") }
  }
}
