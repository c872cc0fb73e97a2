import CoupletCore
import Files
import Foundation
import TestModels
import Testing

/// A loss that Couplet does not know: the mean score of partners below a margin.
private struct Hinge: Loss {
  var margin = 1.0
  var name: String { "hinge" }

  func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    (-batch.pairs.matrix.diagonal() + margin).relu().mean()
  }
}

@Suite struct LossSettingsTests {
  @Test(arguments: [
    ("two-sided", "two-sided"), ("two-sided:weights=1,2", "two-sided:weights=1.0,2.0"),
    ("two-sided:weights=1,1", "two-sided"), ("u-given-v", "u-given-v"), ("v-given-u", "v-given-u"),
    ("sigmoid", "sigmoid"), ("anchored:gamma=2", "anchored:gamma=2.0"),
    ("joint", "joint"), ("joint:all-pairs", "joint:all-pairs"),
    (
      "mmd-two-sided:kernel-v=energy:kernel-u=laplace/0.5:weights=0,2",
      "mmd-two-sided:weights=0.0,2.0:kernel-u=laplace/0.5:kernel-v=energy"
    ),
    ("mmd-u-given-v:kernel-u=polynomial/3/0.5", "mmd-u-given-v:kernel-u=polynomial/3/0.5"),
    ("mmd-v-given-u:kernel-v=gaussian", "mmd-v-given-u"),
    ("mmd-joint:kernel-u=energy", "mmd-joint:kernel-u=energy"),
  ])
  func textsGiveThemselvesBack(_ text: String, _ canonical: String) throws {
    let loss = try LossSettings(text)
    #expect(loss.description == canonical)
    #expect(try LossSettings(canonical) == loss)
    #expect(
      try JSONDecoder().decode([LossSettings].self, from: try JSONEncoder().encode([loss])) == [
        loss
      ])
  }

  @Test func optionsReachTheLoss() throws {
    let weighted = try #require(try Losses.named("two-sided:weights=1,2") as? ConditionalLoss)
    #expect(weighted.sides == .weighted(u: 1, v: 2))
    let plain = try #require(try Losses.named("two-sided:weights=1,1") as? ConditionalLoss)
    #expect(plain.sides == .twoSided)
    #expect((try Losses.named("joint:all-pairs") as? JointLoss)?.normalizer == .allPairs)
    let mmd = try #require(
      try Losses.named("mmd-two-sided:weights=0,2:kernel-u=laplace/0.5:kernel-v=energy")
        as? ConditionalMMDLoss)
    #expect(mmd.sides == .weighted(u: 0, v: 2))
    #expect(mmd.kernels == [.laplace(.fixed(0.5)), .energy])
    let joint = try #require(
      try Losses.named("mmd-joint:kernel-v=polynomial/3/0.5") as? JointMMDLoss)
    #expect(joint.kernels == [.gaussian(), .polynomial(degree: 3, offset: 0.5)])
  }

  @Test(arguments: [
    (
      "two-sidd",
      "unknown loss 'two-sidd' — use one of two-sided, u-given-v, v-given-u, joint, sigmoid, "
        + "anchored, mmd-two-sided, mmd-u-given-v, mmd-v-given-u, mmd-joint; did you mean two-sided?"
    ),
    (
      "two-sided:weights=0,0",
      "the weights 0,0 are both 0 or too large (weights of the loss two-sided) — give two, say 1,2"
    ),
    (
      "two-sided:weights=-1,2",
      "'-1' is not a number from 0 (weights of the loss two-sided) — give one, for example 0.1"
    ),
    (
      "two-sided:weights=1e308,1e308",
      "the weights 1e308,1e308 are both 0 or too large (weights of the loss two-sided) — "
        + "give two, say 1,2"
    ),
    (
      "two-sided:weights=1",
      "'1' has 1 values (weights of the loss two-sided) — give X,X, without spaces"
    ),
    (
      "u-given-v:weights=1,2",
      "the loss u-given-v has no option 'weights=1,2' — use u-given-v"
    ),
    (
      "joint:kernel-u=energy",
      "the loss joint has no option 'kernel-u=energy' — use joint[:all-pairs]"
    ),
    (
      "mmd-u-given-v:kernel-v=energy",
      "the loss mmd-u-given-v has no option 'kernel-v=energy' — use mmd-u-given-v[:kernel-u=KERNEL]"
    ),
    (
      "mmd-joint:kernel-u=laplace/-1",
      "'-1' is not a number above 0 (BANDWIDTH of the kernel laplace) (kernel-u of the loss mmd-joint) — "
        + "give one, for example 0.001"
    ),
    (
      "mmd-joint:kernel-u=laplace:0.5",
      "the loss mmd-joint has no option '0.5' — use mmd-joint[:kernel-u=KERNEL][:kernel-v=KERNEL]"
    ),
  ])
  func otherTextsAreExplained(_ text: String, _ message: String) {
    let failure = #expect(throws: Failure.self) { try LossSettings(text) }
    // Without the name that another test adds.
    #expect(failure?.description.replacing(", hinge", with: "") == message)
  }

  @Test func aLossOfAClientIsAskedForByItsText() throws {
    Losses.register(.init("hinge", Hinge(), [.value("margin", .positive(), \.margin)]) { $0 })
    let settings = try LossSettings("hinge:margin=3")
    #expect(settings.description == "hinge:margin=3.0")
    let scores = ScoreFactors(
      x: Tensor([2.0, 5], shape: [2, 1]), y: .ones([2, 1], dtype: .float64))
    #expect(settings.value(ScoredBatch(pairs: scores)).item() == 0.5)
    #expect(Losses.names.contains("hinge"))
    #expect(settings.value.usualOffset(pairs: 8) == nil && !settings.value.usesData)
    #expect(throws: Failure.self) { try LossSettings("hinge:margin=0") }
  }
}
