import CoupletCore
import Files
import Foundation
import Testing

@testable import Runs

@Suite struct SettingTests {
  private static let all =
    RunConfiguration.ofData + RunConfiguration.ofModel + RunConfiguration.ofLoss
    + RunConfiguration.ofOptimisation

  private let standard = RunConfiguration(u: .real(shape: [3]), v: .labels(count: 4))

  @Test func keysAreThoseOfTheConfiguration() throws {
    let names = Mirror(reflecting: standard).children.compactMap(\.label)
    let keys = Self.all.map(\.jsonKey)
    #expect(Set(keys).count == keys.count)
    let recorded = [
      "data", "extendedFrom", "format", "reading", "sides", "seed", "member", "finetunedFrom",
      "experiment", "version",
    ]
    #expect(Set(names).subtracting(keys) == Set(recorded))
    // The others belong to a side, or are written down with the setting that they are a part of.
    let parts = [
      "weights", "normalizer", "kernelU", "kernelV", "weightDecay", "momentum", "warmup",
    ]
    let ofSides = ["encoder", "potential", "reference"].flatMap { ["\($0)U", "\($0)V"] }
    #expect(Set(keys).subtracting(names) == Set(parts + ofSides))
  }

  @Test func theTextOfEachValueGivesItBack() throws {
    var changed = standard
    let texts = [
      "online": "true", "encoder-u": "mlp:8:tanh", "potential-v": "embedding", "clip": "0.5",
      "temperature-bounds": "0.1,2.0", "loss": "two-sided:weights=1.0,0.5", "reference-v": "labels",
      "chunk": "7", "start": "theory", "schedule": "cosine:warmup=0.1",
      "optimizer": "sgd:momentum=0.5",
    ]
    for setting in Self.all {
      guard let text = texts[setting.key] else { continue }
      try setting.change(text)(&changed)
      #expect(setting.text(changed) == text)
    }
    #expect(changed.online == true && changed[.u].encoder.description == "mlp:8:tanh")
    #expect(changed.clip == 0.5 && changed.chunk == 7)
    var again = standard
    for setting in Self.all {
      let change = try setting.text(changed).map(setting.change)
      try change?(&again)
    }
    #expect(again == changed)
    let potential = try #require(Self.all.first { $0.key == "potential-v" })
    try potential.change("none")(&again)
    #expect(again[.v].potential == nil && potential.text(again) == nil)
  }

  @Test func whatAFileSaysIsHeldToTheSameRanges() throws {
    try standard.validate()
    let wrong: [(String, (inout RunConfiguration) -> Void)] = [
      ("heldOut", { $0.heldOut = 1 }), ("dimension", { $0.dimension = 1_000_001 }),
      ("dimension", { $0.dimension = 0 }), ("temperature", { $0.temperature = 0 }),
      ("temperatureBounds", { $0.temperatureBounds = [1] }),
      ("epochs", { $0.epochs = 0 }), ("batch", { $0.batch = 1 }), ("chunk", { $0.chunk = 0 }),
      ("learningRate", { $0.learningRate = 0 }),
      ("clip", { $0.clip = 0 }),
      ("evaluateEvery", { $0.evaluateEvery = 0 }), ("heldOut", { $0.heldOut = 1e300 }),
      ("batch", { $0.batch = .max }), ("epochs", { $0.epochs = -1 }),
      ("learningRate", { $0.learningRate = -1 }), ("learningRate", { $0.learningRate = .nan }),
      ("schedule", { $0.schedule = .cosine(warmup: 5) }),
      ("temperatureBounds", { $0.temperatureBounds = [5, 1] }),
      ("format", { $0.format = 99 }), ("format", { $0.format = 0 }),
      ("version", { $0.version = "99.0.0" }), ("version", { $0.version = "" }),
      ("sides", { $0.sides = [] }), ("sides", { $0.sides += $0.sides }),
      ("sides", { $0.sides[0].modality = Modality("q") }),
      ("sides.u.space", { $0.sides[0].space = .real(shape: [-3]) }),
      ("sides.u.space", { $0.sides[0].space = .real(shape: [1 << 62, 1 << 62]) }),
      ("sides.v.space", { $0.sides[1].space = .image(shape: [3]) }),
      ("sides.u.labelFrequencies", { $0.sides[0].labelFrequencies = [-1] }),
      ("reading", { $0.reading = DataOptions(fills: ["u": SampleFill(means: [0], marks: [7])]) }),
    ]
    for (key, change) in wrong {
      var settings = standard
      change(&settings)
      let failure = #expect(throws: Failure.self) { try settings.validate() }
      #expect(failure?.inSettings(of: "config.json").place == .file("config.json", field: key))
      // Wherever they come from.
      #expect(throws: Failure.self) { try settings.trainer() }
      #expect(throws: Failure.self) { try settings.coupling() }
    }
  }

  private struct Choice { var loss: LossSettings }

  @Test func anOptionOfASettingIsASettingToo() throws {
    let weights = Setting("weights", "X,X", optionOf: \Choice.loss, shown: "1,1", help: "weights")
    var choice = Choice(loss: try LossSettings("two-sided"))
    try weights.change("1,2")(&choice)
    #expect(choice.loss.description == "two-sided:weights=1.0,2.0")
    #expect(weights.text(choice) == nil && weights.defaultText(choice) == "1,1")
    choice.loss = try LossSettings("joint")
    let failure = #expect(throws: Failure.self) { try weights.change("1,2")(&choice) }
    #expect(
      failure?.description
        == "the loss joint has no option 'weights=1,2' — use joint[:all-pairs]")
  }
}
