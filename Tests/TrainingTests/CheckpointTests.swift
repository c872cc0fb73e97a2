import Files
import Foundation
import Scratch
import TestModels
import Testing

@testable import CoupletCore
@testable import Training

/// What is wrong with a checkpoint is said in one line that names the file or folder.
@Suite struct CheckpointTests {
  private func failure(_ body: () throws -> Void) throws -> String {
    let text = try #require(#expect(throws: Failure.self, performing: body)).description
    #expect(!text.contains("\n"))
    return text
  }

  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "position.json"])
  func damagedFilesAreNamed(_ name: String) throws {
    let scratch = try Scratch()
    try ResumeTests.fit(scratch.path, stop: 5)
    let file = scratch.path + "/checkpoint/" + name
    let whole = try contents(file)
    for damaged in [Data(), whole.dropLast(), whole.prefix(20), Data("nonsense".utf8) + whole] {
      try damaged.write(to: URL(filePath: file))
      #expect(try failure { try ResumeTests.fit(scratch.path) }.contains(name))
    }
    try FileManager.default.removeItem(atPath: file)
    #expect(try failure { try ResumeTests.fit(scratch.path) }.contains(name))
    try whole.write(to: URL(filePath: file))
    try ResumeTests.fit(scratch.path)
  }

  @Test(arguments: ["batch\":", "step\":", "epoch\":"])
  func impossiblePositionsAreRefused(_ key: String) throws {
    let scratch = try Scratch()
    try ResumeTests.fit(scratch.path, stop: 5)
    let file = scratch.path + "/checkpoint/position.json"
    let text = String(decoding: try contents(file), as: UTF8.self)
    try Data(text.replacing(key, with: key + "-9").utf8).write(to: URL(filePath: file))
    #expect(try failure { try ResumeTests.fit(scratch.path) }.contains("checkpoint"))
  }

  @Test func anotherOptimizerIsRefused() throws {
    for (first, second) in zip(ResumeTests.optimizers, ResumeTests.optimizers.dropFirst(2)) {
      let scratch = try Scratch()
      try ResumeTests.fit(scratch.path, ResumeTests.trainer(first), stop: 5)
      let text = try failure { try ResumeTests.fit(scratch.path, ResumeTests.trainer(second)) }
      #expect(text.contains("optimizer.safetensors"))
    }
  }

  @Test func otherBatchesAreRefused() throws {
    let scratch = try Scratch()
    try ResumeTests.fit(scratch.path, stop: 5)
    var trainer = ResumeTests.trainer()
    trainer.batchSize = 20
    let text = try failure { try ResumeTests.fit(scratch.path, trainer) }
    #expect(text.contains("other batches"))
  }

  @Test func anotherModelIsRefusedAndLeftAsItWas() throws {
    let scratch = try Scratch()
    try ResumeTests.fit(scratch.path, stop: 5)
    let other = try ResumeTests.coupling(5)
    let before = other.parameters.tensors.map { $0.detached().clone() }
    let text = try failure {
      try ResumeTests.trainer().fit(
        other, to: try ResumeTests.pairs(), in: try RunDirectory(creating: scratch.path),
        resume: true)
    }
    #expect(text.contains("checkpoint/model.safetensors") && text.contains("[3, 4]"))
    for (now, then) in zip(other.parameters.tensors, before) { #expect(distance(now, then) == 0) }
  }

  @Test func damagedMetricsAreNamed() throws {
    let scratch = try Scratch()
    try ResumeTests.fit(scratch.path, stop: 5)
    try Data("{\n".utf8).write(to: URL(filePath: scratch.path + "/metrics.jsonl"))
    let text = try failure { try ResumeTests.fit(scratch.path) }
    #expect(text.contains("metrics.jsonl") && text.contains("line 1"))
  }
}
