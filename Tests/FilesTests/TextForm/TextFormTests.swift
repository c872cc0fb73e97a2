import Foundation
import Testing

@testable import Files

/// A kind of thing with a registry, as a library would declare it.
private enum Dishes: Registrable {
  static let registry = Registry<any Dish>(
    "dish",
    [
      .init("soup", Soup(), Soup.options) { $0 },
      .init("stew", Soup(liters: 2), Soup.options, check: Soup.requireRoom) { $0 },
      .init(
        "bread", Bread(), [.first("WEIGHTS", .list(of: .positive()), \.weights, example: "0.5")]
      ) { $0 },
      .init("plate", Plate(), [.value("with", .nested("DISH"), \.dish)]) { $0 },
    ])
}

private protocol Dish: Sendable {}

private struct Soup: Dish {
  enum Taste: String, CaseIterable { case mild, hot }
  var liters = 1
  var isCold = false
  var hasSalt = true
  var taste = Taste.mild
  var pepper: Double?

  static let options: [TextOption<Soup>] = [
    .value("liters", .integer(in: 1...10), \.liters), .flag("cold", \.isCold),
    .flag("no-salt", \.hasSalt, false), .choice(\.taste), .value("pepper", .fraction, \.pepper),
  ]

  static func requireRoom(_ soup: Soup) throws {
    guard soup.liters > 1 else { throw Failure("a stew of one liter", remedy: "give two") }
  }
}

private struct Bread: Dish { var weights: [Double] = [] }

private struct Plate: Dish { var dish: Registered<Dishes>? }

private struct Salad: Dish { var isGreen = false }

@Suite struct TextFormTests {
  @Test(
    "texts give themselves back, in the order of the declarations and without what goes without saying",
    arguments: [
      ("soup", "soup"), ("soup:liters=1", "soup"), ("soup:mild", "soup"), ("stew", "stew"),
      ("soup:pepper=0.5:hot:no-salt:cold:liters=3", "soup:liters=3:cold:no-salt:hot:pepper=0.5"),
      ("stew:liters=2", "stew"), ("bread:0.5,1", "bread:0.5,1.0"),
      ("plate:with=soup/hot/liters=4", "plate:with=soup/liters=4/hot"),
      ("plate:with=bread/1,2", "plate:with=bread/1.0,2.0"), ("plate", "plate"),
    ])
  func roundTrip(text: String, canonical: String) throws {
    let value = try Registered<Dishes>(text)
    #expect(value.description == canonical)
    #expect(try Registered<Dishes>(canonical) == value)
    let json = try JSONEncoder().encode([value])
    #expect(
      String(decoding: json, as: UTF8.self).replacing("\\/", with: "/") == "[\"\(canonical)\"]")
    #expect(try JSONDecoder().decode([Registered<Dishes>].self, from: json) == [value])
  }

  @Test func `options reach the value`() throws {
    let soup = try #require(
      try Dishes.named("soup:liters=3:cold:no-salt:hot:pepper=0.5") as? Soup)
    #expect(soup.liters == 3 && soup.isCold && !soup.hasSalt && soup.taste == .hot)
    #expect(soup.pepper == 0.5)
    let plate = try #require(try Dishes.named("plate:with=soup/hot") as? Plate)
    #expect((plate.dish?.value as? Soup)?.taste == .hot)
  }

  @Test(
    "a text that is none is explained in one line",
    arguments: [
      ("soop", "unknown dish 'soop' — use one of soup, stew, bread, plate; did you mean soup?"),
      ("", "unknown dish '' — use one of soup, stew, bread, plate"),
      (
        "soup:liters=11",
        "'11' is not a whole number from 1 to 10 (liters of the dish soup) — give one, for example 10"
      ),
      (
        "soup:liters=",
        "'' is not a whole number from 1 to 10 (liters of the dish soup) — give one, for example 10"
      ),
      (
        "soup:pepper=nan",
        "'nan' is not a fraction (pepper of the dish soup) — give a number from 0 and below 1"
      ),
      (
        "soup:sweet",
        "the dish soup has no option 'sweet' — use "
          + "soup[:liters=N][:cold][:no-salt][:mild|:hot][:pepper=FRACTION]"
      ),
      (
        "soup:",
        "the dish soup has no option '' — use "
          + "soup[:liters=N][:cold][:no-salt][:mild|:hot][:pepper=FRACTION]"
      ),
      (
        "soup:liters=1:liters=2",
        "'liters=2' is given twice or in a wrong form for the dish soup — use "
          + "soup[:liters=N][:cold][:no-salt][:mild|:hot][:pepper=FRACTION]"
      ),
      (
        "soup:mild:hot",
        "'hot' is given twice or in a wrong form for the dish soup — use "
          + "soup[:liters=N][:cold][:no-salt][:mild|:hot][:pepper=FRACTION]"
      ),
      (
        "soup:liters",
        "'liters' is given twice or in a wrong form for the dish soup — use "
          + "soup[:liters=N][:cold][:no-salt][:mild|:hot][:pepper=FRACTION]"
      ),
      ("stew:liters=1", "a stew of one liter — give two"),
      ("bread", "the dish bread lacks WEIGHTS — say, bread:0.5"),
      (
        "bread:0",
        "'0' is not a number above 0 (WEIGHTS of the dish bread) — give one, for example 0.001"
      ),
      (
        "plate:with=fish",
        "unknown dish 'fish' (with of the dish plate) — use one of soup, stew, bread, plate"
      ),
    ])
  func refusals(text: String, message: String) {
    let failure = #expect(throws: Failure.self) { try Registered<Dishes>(text) }
    #expect(failure?.description == message)
  }

  @Test func `an option is added, or replaced`() throws {
    let soup = try Registered<Dishes>("soup:liters=3:hot")
    #expect(try soup.with("liters=4").description == "soup:liters=4:hot")
    #expect(try soup.with("cold").description == "soup:liters=3:cold:hot")
    #expect(try soup.with("liters=1").description == "soup:hot")
    #expect(throws: Failure.self) { try soup.with("sweet") }
  }

  @Test func `a client's own entry is known by name, and replaces one of that name`() throws {
    let own = Registry<any Dish>("dish", [.init("soup", Soup()) { $0 }])
    own.register(.init("salad", Salad(), [.flag("green", \.isGreen)]) { $0 })
    own.register(.init("soup", Salad()) { $0 })
    #expect(own.all.map(\.name) == ["salad", "soup"])
    #expect(own.all.map(\.usage) == ["salad[:green]", "soup"])
    #expect(own.all.allSatisfy { $0.standard is Salad })
  }
}
