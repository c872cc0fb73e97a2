import Files
import Testing
import Torch

@Suite struct ParametersTests {
  /// A layer as a user writes one.
  struct Scale: Layer {
    let factor = Tensor.full([1], 3)
    var parameters: Parameters { ["factor": factor] }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { input * factor }
  }

  let linear = Linear(3, 2, key: Key(0))

  @Test func names() {
    let parts = Parameters(parts: ["first": linear.parameters, "second": Scale().parameters])
    #expect(parts.entries.map(\.name) == ["first.weight", "first.bias", "second.factor"])
    // The factor asks for no gradient: it is saved, but not learned.
    #expect(parts.count == 6 + 2)
    #expect(parts["second.factor"]?.item() == 3)
    #expect(parts["third"] == nil)
    #expect(Parameters(parts.entries).tensors.count == 3)
    #expect((linear.parameters + ["x": Tensor(1)]).entries.map(\.name) == ["weight", "bias", "x"])
    #expect(Scale()(Tensor(2)).item() == 6)
  }

  @Test func requiringGradients() {
    linear.parameters.setRequiresGradient(false)
    #expect(!linear(.ones([1, 3])).requiresGradient)
    linear.parameters.setRequiresGradient(true)
    #expect(linear(.ones([1, 3])).requiresGradient)
  }

  /// Conversion and movement keep the identity of parameters: the layer sees them.
  @Test func conversion() throws {
    let before = linear.weight.values
    linear.parameters.convert(to: .float64)
    #expect(linear.weight.dtype == .float64 && linear.weight.values == before)
    #expect(linear.weight.requiresGradient)
    linear(.ones([1, 3], dtype: .float64)).sum().backward()
    #expect(linear.weight.gradient?.dtype == .float64)
    try linear.parameters.move(to: .cpu)
    #expect(linear.weight.values == before)
    #expect(throws: Failure.self) { try linear.parameters.move(to: .cuda(4096)) }
  }

  /// Values that do not fit are rejected by name, before anything is overwritten.
  @Test func loading() throws {
    let before = linear.weight.values
    let weight = Tensor.zeros([2, 3])
    let wrong: [([String: Tensor], String)] = [
      (["weight": weight], "no weights named 'bias'"),
      (
        ["weight": weight, "bias": .zeros([3])],
        "'bias' has the shape [3], the model needs [2]"
      ),
      (["weight": weight, "bias": .zeros([2]), "more": weight], "'more' is not part of the model"),
    ]
    for (values, what) in wrong {
      let failure = #expect(throws: Failure.self) {
        try linear.parameters.load(values, from: "model.safetensors")
      }
      #expect(failure?.what == what)
      #expect(failure?.place == "model.safetensors")
      #expect(linear.weight.values == before)
    }
    try linear.parameters.load(["weight": weight, "bias": .ones([2])], from: "")
    #expect(linear(.ones([1, 3])).values == [1, 1])
    #expect(linear.weight.requiresGradient)
  }
}
