import CoupletCore
import Encoders
import Files
import Testing

/// An encoder that Couplet does not know: x ↦ (x_i³)_i G, with an offset on request.
private struct Cubic: SampleEncoder {
  let map: Linear
  var dimension: Int { map.dimension }
  var parameters: Parameters { map.parameters }
  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { map(input.pow(3), mode: mode) }

  struct Design: EncoderDesign {
    var hasOffset = false

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      Cubic(
        map: Linear(try space.requireShape().reduce(1, *), dimension, bias: hasOffset, key: key))
    }
  }
}

@Suite struct EncoderRegistryTests {
  @Test func `a client's encoder with options is asked for by its text`() throws {
    EncoderRegistry.register(.init("cubic", Cubic.Design(), [.flag("offset", \.hasOffset)]) { $0 })
    let settings = try EncoderSettings("cubic:standardized:offset")
    #expect(settings.description == "cubic:offset:standardized")
    let data = Tensor.normal([9, 4], key: Key(0)) * 3
    let encoder = try settings.build(
      for: .real(shape: [4]), dimension: 2, data: data, key: Key(1))
    #expect(encoder(data).shape == [9, 2])
    #expect(encoder.parameters["encoder.bias"] != nil)
    #expect(encoder.linearPart == nil)
    let failure = #expect(throws: Failure.self) {
      try settings.build(for: .labels(count: 3), dimension: 2, key: Key(1))
    }
    #expect(failure?.what == "labels are no input for it")
    #expect(throws: Failure.self) { try EncoderSettings("cubic:no-bias") }
  }

  @Test func `a client's encoder without options needs a name and a function`() throws {
    EncoderRegistry.register("first-two") { space, dimension, key in
      guard try space.requireShape() == [2] else {
        throw Failure("it needs two numbers", remedy: "use linear")
      }
      return Linear(2, dimension, key: key)
    }
    let encoder = try EncoderSettings("first-two:whitened").build(
      for: .real(shape: [2]), dimension: 3, key: Key(0))
    #expect(encoder(.ones([1, 2])).shape == [1, 3])
    #expect(encoder.linearPart?.layer.weight.shape == [3, 2])
    let failure = #expect(throws: Failure.self) {
      try EncoderSettings("first-two").build(for: .real(shape: [3]), dimension: 3, key: Key(0))
    }
    #expect(failure?.description == "encoder first-two: it needs two numbers — use linear")
    #expect(throws: Failure.self) { try EncoderSettings("first-two:offset") }
  }
}
