import Files
import Foundation
import Testing

@Suite struct JSONTests {
  @Test("members keep their order, and the text is one line")
  func order() {
    let value: JSON = [
      "zeta": 1, "alpha": [true, .null, "a \"b\"\n"], "empty": [:], "none": [],
    ]
    #expect(
      value.text == #"{"zeta":1,"alpha":[true,null,"a \"b\"\u000a"],"empty":{},"none":[]}"#)
  }

  @Test(
    "numbers read back as the same value",
    arguments: [
      0.1, 1.0 / 3, 1e-300, .leastNonzeroMagnitude, 1e22, -2.5, 123_456_789.0, 1e15,
      .greatestFiniteMagnitude, 0,
      -0.0, 1,
    ])
  func roundTrip(value: Double) throws {
    let read = try JSONDecoder().decode(
      [Double].self, from: Data("[\(JSON.number(value).text)]".utf8))
    #expect(read[0].bitPattern == value.bitPattern)
  }

  @Test("a list of numbers is the text of its numbers, in pieces as in one")
  func pieces() {
    let values = (0..<20_000).map { Double($0) / 7 } + [.nan, 3, -0.0]
    let value: JSON = ["a": .numbers(values), "b": .array([[.numbers([]), "é"]])]
    var pieces: [[UInt8]] = []
    value.write { pieces.append($0) }
    #expect(pieces.count > 3)
    #expect(String(decoding: pieces.joined(), as: UTF8.self) == value.text)
    #expect(JSON.numbers(values).text == JSON.array(values).text)
  }

  @Test("what JSON does not have becomes null", arguments: [Double.nan, .infinity, -.infinity])
  func notFinite(value: Double) {
    #expect(JSON.number(value).text == "null")
  }

  @Test("every control character is escaped")
  func control() throws {
    let text = String(String.UnicodeScalarView((0..<0x80).compactMap { Unicode.Scalar($0) })) + "é𝄞"
    let read = try JSONDecoder().decode(
      [String].self, from: Data("[\(JSON.string(text).text)]".utf8))
    #expect(read == [text])
  }

  private struct Inner: Encodable {
    var b = 1.5
    var a: Double?
  }

  private struct Outer: Encodable {
    var z = [Inner()]
    var recall = ["10": 0.5, "2": 0.25, "u": .nan]
    var name: String?
    var list = [[1, 2], []]
    var flag = true
    var raw: JSON = ["y": 1, "x": [.null]]

    private enum CodingKeys: String, CodingKey { case z, recall, name, list, flag, raw, last }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(z, forKey: .z)
      try container.encode(recall, forKey: .recall)
      try container.encodeIfPresent(name, forKey: .name)
      // Members of the same object.
      try Inner(b: 2, a: 3).encode(to: encoder)
      try container.encode(list, forKey: .list)
      try container.encode(flag, forKey: .flag)
      try container.encode(raw, forKey: .raw)
      try container.encode(Int?.none, forKey: .last)
    }
  }

  @Test("an encoded value keeps the order of its members, and nil is null")
  func encoding() throws {
    #expect(
      try JSON(encoding: Outer()).text
        == #"{"z":[{"b":1.5,"a":null}],"recall":{"2":0.25,"10":0.5,"u":null},"name":null,"b":2,"a":3,"#
        + #""list":[[1,2],[]],"flag":true,"raw":{"y":1,"x":[null]},"last":null}"#)
  }
}
