import CoupletCore
import Files
import Foundation
import TestModels
import Testing

@Suite struct TemperatureTextTests {
  private static let texts: [(String, Temperature.Settings)] = [
    ("0.07", .fixed(0.07)), ("learned:0.07", .learned(initial: 0.07)),
    ("learned:0.5:bounds=0.25,2.0", .learned(initial: 0.5, bounds: 0.25...2)),
  ]

  @Test(arguments: texts.indices)
  func textsGiveThemselvesBack(_ index: Int) throws {
    let (text, settings) = Self.texts[index]
    #expect(try Temperature.Settings(text) == settings)
    #expect(settings.description == text)
    let json = try JSONEncoder().encode([settings])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
    #expect(try JSONDecoder().decode([Temperature.Settings].self, from: json) == [settings])
  }

  @Test(arguments: [
    "", "warm", "0", "-1", "nan", "inf", "0.07:bounds=0.01,1", "learned", "learned:0",
    "learned:0.07:bounds=1,2", "learned:0.07:bounds=1,0.01", "learned:0.07:bounds=0.01",
    "learned:0.07:bounds=0,1", "learned:0.07:bounds=0.01,inf", "learned:0.07:0.08",
    "learned:0.07:bound=0.01,1",
  ])
  func otherTextsAreRefused(_ text: String) {
    #expect(throws: Failure.self) { try Temperature.Settings(text) }
  }
}
