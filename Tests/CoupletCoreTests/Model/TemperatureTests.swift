import CoupletCore
import Files
import Foundation
import TestModels
import Testing

@Suite struct TemperatureTests {
  @Test func aFixedOneHasNothingToLearn() throws {
    let temperature = try Temperature(.fixed(0.07))
    #expect(temperature.current == 0.07)
    #expect(temperature.parameters.count == 0)
    temperature.project()
    #expect(temperature.current == 0.07)
  }

  @Test func aLearnedOneIsTheExponentialOfItsParameter() throws {
    let temperature = try Temperature(.learned(initial: 0.07))
    let logarithm = try #require(temperature.parameters["logarithm"])
    #expect(logarithm.requiresGradient)
    // The parameter is a float32: 2.7 with a precision of 2⁻²³.
    #expect(abs(logarithm.item() - log(0.07)) < 0x1p-22)
    #expect(abs(temperature.current - 0.07) < 0.07 * 0x1p-22)
  }

  @Test func projectionBringsItBackBetweenItsBounds() throws {
    let temperature = try Temperature(.learned(initial: 1, bounds: 0.5...2))
    let logarithm = try #require(temperature.parameters["logarithm"])
    for (moved, expected) in [(9.0, 2.0), (0.01, 0.5), (1.5, 1.5)] {
      withoutGradients { logarithm.fill(log(moved)) }
      temperature.project()
      #expect(abs(temperature.current - expected) < expected * 0x1p-22)
    }
  }

  @Test(arguments: [
    Temperature.Settings.fixed(0), .fixed(-1), .fixed(.nan), .fixed(.infinity),
    .learned(initial: .nan), .learned(initial: 0), .learned(initial: 0.0001),
    .learned(initial: 3, bounds: 0.5...2), .learned(initial: 1, bounds: 0...2),
  ])
  func whatIsNotAPositiveNumberWithinTheBoundsIsRefused(_ settings: Temperature.Settings) {
    #expect(throws: Failure.self) { try Temperature(settings) }
  }
}
