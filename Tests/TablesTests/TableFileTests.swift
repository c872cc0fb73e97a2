import CArrow
import Files
import Foundation
import SampleReaders
import Samples
import Scratch
import Testing
import Torch

@testable import Tables

/// Tables that are written, read back by the package's own readers and by Foundation.
@Suite struct TableFileTests {
  private let scratch: Scratch
  private static let ids = [
    "plain", "a, comma", "\"quoted\"", "two\nlines", "", "Größe 東京 👩‍🔬", "007",
  ]
  /// Numbers of every magnitude, whose digits a writer could lose.
  private static let numbers: [Double] = (0..<14).map { place in
    let significand = 1 + Double((place * 2_654_435_761) % 1_000_003) / 1_000_003 + 0x1p-52
    return (place % 2 == 0 ? 1 : -1) * scalbn(significand, place * 140 - 980)
  }
  private static let floats = numbers.indices.map { Float(1) / Float($0 + 3) }
  private static let large = (0..<7).map { Int.max - $0 }

  init() throws { scratch = try Scratch() }

  private func path(_ name: String) throws -> String { try scratch.file(name) }

  /// Seven rows in two blocks: a text, a whole number, a vector of float64 and a matrix of float32.
  private func write(_ name: String) throws -> String {
    let schema = TableSchema(
      [
        .text("id"), TableColumn("key", .int64), TableColumn("x", .float64, shape: [2]),
        TableColumn("m", .float32, shape: [1, 2]),
      ], array: "x", rows: [7])
    let path = try path(name)
    try TableFile(path).write(schema) { write in
      for rows in [0..<3, 3..<7] {
        let cells = rows.lowerBound * 2..<rows.upperBound * 2
        try write([
          .texts(Array(Self.ids[rows])), .numbers(Array(Self.large[rows])),
          .numbers(NumericArray(Array(Self.numbers[cells]), shape: [rows.count, 2])),
          .numbers(NumericArray(Array(Self.floats[cells]), shape: [rows.count, 1, 2])),
        ])
      }
    }
    return path
  }

  private func doubles(_ text: String) throws -> [Double] {
    try SampleReaders.read(text, SampleOptions(space: .real)).all().to(.float64).array(Double.self)
  }

  @Test(
    .enabled(if: ca_is_built(), "built without Arrow"),
    arguments: [("t.csv", "x1,x2", "m1..m2"), ("t.parquet", "x", "m")])
  func `every number and text reads back as it was`(
    name: String, vectors: String, matrices: String
  ) throws {
    let path = try write(name)
    #expect(try doubles("\(path):\(vectors)") == Self.numbers)
    #expect(try doubles("\(path):\(matrices)").map { Float($0) } == Self.floats)
    #expect(try SampleReaders.identifiers("\(path):key") == .numbers(Self.large))
    // An empty text is a missing one to the reader of CSV.
    let texts = try SampleReaders.read(
      "\(path):id", SampleOptions(space: .text, missing: name.hasSuffix("csv") ? .drop : .refuse))
    let read = TextSamples.decoded(try texts.all())
    #expect(read.count == 7 && (0..<7).allSatisfy { $0 == 4 || read[$0] == Self.ids[$0] })
  }

  private struct Line: Decodable {
    let id: String
    let key: Int
    let x, m: [Double]
  }

  @Test func `lines of JSON hold the same values`() throws {
    let path = try write("t.jsonl")
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 7)
    for (row, line) in lines.enumerated() {
      let object = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
      #expect(object.id == Self.ids[row] && object.key == Self.large[row])
      #expect(object.x == Array(Self.numbers[2 * row..<2 * row + 2]))
      #expect(object.m.map { Float($0) } == Array(Self.floats[2 * row..<2 * row + 2]))
    }
    #expect(lines[0].hasPrefix("{\"id\":\"plain\",\"key\":9223372036854775807,\"x\":["))
  }

  @Test func `an array alone has the axes in front of it`() throws {
    #expect(try Npy.read(write("t.npy")) == NumericArray(Self.numbers, shape: [7, 2]))
    let path = try path("draws.npy")
    let schema = TableSchema(
      [TableColumn("draw", .int64), TableColumn("u", .int64)], array: "u", rows: [2, 3])
    try TableFile(path).write(schema) { write in
      try write([.numbers([1, 2, 3]), .numbers([4, 5, 6])])
      try write([.numbers([1, 2, 3]), .numbers([7, 8, 9])])
    }
    #expect(try Npy.read(path) == NumericArray([4, 5, 6, 7, 8, 9], shape: [2, 3]))
  }

  @Test func `numbers that CSV and JSON do not have are written as their readers take them`() throws
  {
    let schema = TableSchema([TableColumn("x", .float64)])
    let values = [1, .nan, .infinity, -.infinity, -0.0]
    for (name, expected) in [
      ("t.csv", "x\n1.0\nnan\ninf\n-inf\n-0.0\n"),
      ("t.jsonl", "{\"x\":1.0}\n{\"x\":null}\n{\"x\":null}\n{\"x\":null}\n{\"x\":-0.0}\n"),
    ] {
      let path = try path(name)
      try TableFile(path).write(schema) { try $0([.numbers(values)]) }
      #expect(try String(contentsOfFile: path, encoding: .utf8) == expected)
    }
  }

  private struct Stopped: Error {}

  @Test(arguments: ["t.csv", "t.parquet", "t.jsonl", "t.npy"])
  func `what stops half-way leaves the file as it was`(name: String) throws {
    guard ca_is_built() || !name.hasSuffix("parquet") else { return }
    let path = try path(name)
    try Data("old".utf8).write(to: URL(fileURLWithPath: path))
    #expect(throws: Stopped.self) {
      try TableFile(path).write(
        TableSchema([TableColumn("x", .float64)], array: "x", rows: [2])
      ) { write in
        try write([.numbers([1.5])])
        throw Stopped()
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [name])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
  }

  @Test func `other names are refused`() throws {
    for (name, isArray) in [("t.txt", true), ("t", true), ("t.npy", false)] {
      let failure = scratch.failure { try TableFile(path(name), isArray: isArray) }
      #expect(failure?.contains("does not end in .csv, .parquet") == true, "\(failure ?? "")")
    }
  }

  @Test(.enabled(if: ca_is_built(), "built without Arrow"))
  func `an empty table and one of many row groups are whole`() throws {
    let empty = try path("empty.parquet")
    try TableFile(empty).write(TableSchema([.text("id")])) { _ in }
    #expect(
      scratch.failure { try SampleReaders.read(empty) }?.contains("no text") == true)
    let path = try path("many.parquet")
    // 64 KB a row, 64 MB a group.
    let width = 1 << 13
    try TableFile(path).write(
      TableSchema([TableColumn("x", .float64, shape: [width]), TableColumn("row", .int64)])
    ) { write in
      for row in 0..<1500 {
        let value = Array(repeating: Double(row) / 7, count: width)
        try write([.numbers(NumericArray(value, shape: [1, width])), .numbers([row])])
      }
    }
    #expect(try SampleReaders.identifiers("\(path):row") == .numbers(Array(0..<1500)))
    let samples = try SampleReaders.read("\(path):x")
    #expect(samples.count == 1500 && samples.space == .real(shape: [width]))
    let last = try samples.rows(1499..<1500).to(.float64).array(Double.self)
    #expect(last == Array(repeating: 1499.0 / 7, count: width))
  }
}
