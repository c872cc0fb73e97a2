import Files
import Foundation
import Testing

struct JSONLinesTests {
  private struct Value: Codable, Equatable {
    let place: Int
    var name: String?
  }

  @Test func `lines are read as they were written, and more are added`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("lines.jsonl")
    let lines = JSONLines<Value>(path)
    #expect(try lines.read() == [])
    try lines.append([Value(place: 1, name: "a/b\n")])
    try lines.append([Value(place: 2)])
    #expect(try lines.read() == [Value(place: 1, name: "a/b\n"), Value(place: 2)])
    #expect(
      try String(contentsOfFile: path, encoding: .utf8)
        == "{\"name\":\"a/b\\n\",\"place\":1}\n{\"place\":2}\n")
    try lines.write([Value(place: 3)])
    #expect(try lines.read() == [Value(place: 3)])
  }

  @Test func `a damaged line is named`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("lines.jsonl")
    try "{\"place\":1}\n{\"place\":\n".write(toFile: path, atomically: true, encoding: .utf8)
    let failure = try #require(throws: Failure.self) { try JSONLines<Value>(path).read() }
    #expect(failure.description == "\(path): line 2 is damaged — delete that line")
  }
}
