import Files
import Foundation
import Testing
import Torch

/// Gradient steps of length 1 whatever the gradient, a rule that Torch does not know.
private final class SignDescent: Optimizer {
  var learningRate: Double
  private let parameters: [Tensor]
  init(_ parameters: [Tensor], _ learningRate: Double) {
    (self.parameters, self.learningRate) = (parameters, learningRate)
  }
  func step(_ evaluate: () -> Tensor) -> Tensor { evaluate() }
  var state: [(name: String, tensor: Tensor)] { [] }
  func restore(_ state: [String: Tensor], from place: String) throws {}

  struct Rule: OptimizerRule {
    func make(_ parameters: [Tensor], learningRate: Double) -> any Optimizer {
      SignDescent(parameters, learningRate)
    }
  }
}

@Suite struct OptimizerChoiceTests {
  @Test(arguments: [
    ("adam", "adam"), ("adamw", "adamw"), ("adamw:weight-decay=0.01", "adamw"),
    ("adamw:weight-decay=0", "adamw:weight-decay=0.0"), ("sgd:momentum=0.5", "sgd:momentum=0.5"),
    ("lbfgs:iterations=5", "lbfgs:iterations=5"),
  ])
  func textsGiveThemselvesBack(_ text: String, _ canonical: String) throws {
    let choice = try OptimizerChoice(text)
    #expect(choice.description == canonical)
    let json = try JSONEncoder().encode([choice])
    #expect(try JSONDecoder().decode([OptimizerChoice].self, from: json) == [choice])
  }

  @Test func optionsReachTheRule() throws {
    #expect((try Optimizers.named("adam") as? Adam.Rule)?.weightDecay == nil)
    #expect((try Optimizers.named("adamw") as? Adam.Rule)?.weightDecay == 0.01)
    #expect((try Optimizers.named("adamw:weight-decay=0.1") as? Adam.Rule)?.weightDecay == 0.1)
    #expect((try Optimizers.named("sgd") as? SGD.Rule)?.momentum == 0.9)
    #expect((try Optimizers.named("lbfgs:iterations=5") as? LBFGS.Rule)?.iterations == 5)
  }

  @Test func aRuleMakesItsOptimizer() throws {
    // One step of gradient descent on x²/2 from 1 at the rate 0.5 ends at 0.5, of Adam at 1 − 0.5.
    for text in ["sgd:momentum=0", "adam"] {
      let x = Tensor([1.0])
      x.requiresGradient = true
      try Optimizers.named(text).make([x], learningRate: 0.5).step {
        let loss = (x * x).sum() * 0.5
        loss.backward()
        return loss
      }
      // Adam divides by √v + 1e-8.
      #expect(abs(x.detached().item() - 0.5) < 1e-6, "\(text)")
    }
  }

  @Test(arguments: [
    ("adam:weight-decay=0.1", "the optimizer adam has no option 'weight-decay=0.1' — use adam"),
    (
      "sgd:momentum=1",
      "'1' is not a fraction (momentum of the optimizer sgd) — give a number from 0 and below 1"
    ),
    (
      "adamw:weight-decay=-1",
      "'-1' is not a number from 0 (weight-decay of the optimizer adamw) — give one, for example 0.1"
    ),
    (
      "lbfgs:iterations=0",
      "'0' is not a whole number from 1 to 1000000 (iterations of the optimizer lbfgs) — give one, for example 10"
    ),
    ("adma", "unknown optimizer 'adma' — use one of adam, adamw, sgd, lbfgs; did you mean adam?"),
  ])
  func otherTextsAreExplained(_ text: String, _ message: String) {
    let failure = #expect(throws: Failure.self) { try OptimizerChoice(text) }
    #expect(failure?.description.replacing(", sign", with: "") == message)
  }

  @Test func aClientsRuleIsAskedForByName() throws {
    Optimizers.register(.init("sign", SignDescent.Rule()) { $0 })
    #expect(try Optimizers.named("sign").make([], learningRate: 0.1) is SignDescent)
  }

  @Test(arguments: [
    ("constant", Schedule.constant), ("cosine", .cosine()), ("linear", .linear()),
    ("cosine:warmup=0.1", .cosine(warmup: 0.1)),
    ("linear:warmup=1.0:final=0.25", .linear(warmup: 1, final: 0.25)),
  ])
  func schedulesGiveTheirTextBack(_ text: String, _ schedule: Schedule) throws {
    #expect(try Schedule(text) == schedule)
    #expect(schedule.description == text)
    let json = try JSONEncoder().encode([schedule])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
  }

  @Test(arguments: [
    "", "cosin", "constant:warmup=0.1", "cosine:warmup=1.5", "cosine:warmup=-0.1",
    "linear:final=nan", "linear:0.1",
  ])
  func otherSchedulesAreRefused(_ text: String) {
    #expect(throws: Failure.self) { try Schedule(text) }
  }
}
