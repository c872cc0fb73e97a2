import Files
import Foundation
import Samples
import Scratch
import Testing
import Torch

@testable import SampleReaders

/// Arrays, archives, images and texts against what Python wrote (Fixtures/make_arrays.py).
@Suite struct ArraySamplesTests {
  struct Expected: Decodable, Sendable {
    var shape: [Int]?
    var dtype: String?
    var values: [Double]?
    var labels: [String]?
    var texts: [String]?
  }

  static let expected: [String: Expected] = {
    let data = FileManager.default.contents(atPath: fixture("arrays/expected.json")) ?? Data()
    return (try? JSONDecoder().decode([String: Expected].self, from: data)) ?? [:]
  }()

  @Test(arguments: expected.keys.sorted())
  func isReadAsPythonWroteIt(_ spec: String) throws {
    let expected = try #require(Self.expected[spec])
    if let labels = expected.labels {
      // Few labels: they are asked for.
      let source = try SampleReaders.read(fixture("arrays/\(spec)"), SampleOptions(space: .labels))
      let names = try #require(source.space.labels?.names)
      #expect(try source.all().array(Int.self).map { names[$0] } == labels)
      return
    }
    if let texts = expected.texts {
      let source = try SampleReaders.read(fixture("arrays/\(spec)"), SampleOptions(space: .text))
      #expect(TextSamples.decoded(try source.all()) == texts)
      return
    }
    let space: SampleOptions.SpaceChoice? = spec == "images" ? nil : .real
    let source = try SampleReaders.read(fixture("arrays/\(spec)"), SampleOptions(space: space))
    let shape = try #require(expected.shape)
    let rows = Array((0..<shape[0]).reversed())
    let batch = try source.rows(rows)
    #expect(source.space.shape == Array(shape.dropFirst()))
    #expect(batch.dtype.rawValue == expected.dtype)
    let values = try #require(expected.values)
    let size = values.count / shape[0]
    let wanted = rows.flatMap { values[$0 * size..<($0 + 1) * size] }
    let found = batch.to(.float64).array(Double.self)
    // Brightnesses are rounded to float32; everything else is exact.
    let tolerance = spec == "images" || spec == "pixels.dat" ? 1e-7 : 0
    #expect(
      zip(found, wanted).allSatisfy { abs($0 - $1) <= tolerance } && found.count == wanted.count)
  }

  @Test func theWholeSetIsThere() { #expect(Self.expected.count >= 20) }

  @Test func anImageOfAnotherSizeIsResizedWithoutAliasing() throws {
    let source = try SampleReaders.read(fixture("arrays/images"))
    #expect(source.count == 6 && source.space == .image(shape: [3, 6, 7]))
    // 11.jpg is 4 (x + y) of 24 × 28 pixels: a quarter of the size in both directions, so an antialiased pixel is
    // the weighted mean of its neighbourhood, 4 (4 i + 1.5 + 4 j + 1.5) in the middle. JPEG at quality 95 is off by
    // about 2 of 255.
    let image = try source.rows([5])[0] * 255
    for (i, j) in [(2, 3), (3, 2), (2, 2)] {
      let value = image[0][i][j].item()
      #expect(abs(value - 4 * Double(4 * i + 4 * j + 3)) < 3, "\(value)")
    }
    let small = try SampleReaders.read(
      fixture("arrays/images"), SampleOptions(imageSize: (height: 3, width: 2)))
    #expect(try small.all().shape == [6, 3, 3, 2])
  }

  @Test func labelsOfAFileAreWhatRepeats() throws {
    let scratch = try Scratch()
    for (values, isLabels) in [
      ([1, 2, 1, 2], true), ([1, 2, 3, 1], false), (Array(0..<50) + Array(0..<50), false),
    ] {
      for shape in [[values.count], [values.count, 1]] {
        try scratch.npy("v", NumericArray(values.map(Double.init), shape: shape))
        let source = try SampleReaders.read(scratch.file("v.npy"))
        #expect((source.space.labels != nil) == isLabels)
      }
    }
  }

  @Test func gapsOfAnArrayAreDroppedOrFilled() throws {
    let scratch = try Scratch()
    // Columns 0 and 2 have gaps, in rows 1 and 3; their means are those of the other rows.
    let values: [Double] = [1, 2, 3, .nan, 5, 6, 7, 8, 10, 9, 11, .nan]
    func read(
      _ shape: [Int], _ missing: SampleOptions.MissingValues, fill: SampleFill? = nil
    ) throws -> any SampleSource {
      try scratch.npy("u", NumericArray(values.map(Float.init), shape: shape))
      return try SampleReaders.read(
        scratch.file("u.npy"), SampleOptions(space: .real, missing: missing, fill: fill))
    }
    let dropped = try read([4, 3], .drop)
    #expect(dropped.missingRows == [1, 3] && dropped.space == .real(shape: [3]))
    #expect(try dropped.rows([2]).array(Float.self) == [7, 8, 10])
    #expect(try dropped.all().allFinite())
    let (first, third) = (Float(17) / 3, Float(19) / 3)
    let mean = try read([4, 3], .mean)
    #expect(
      try mean.rows([3, 1]).array(Float.self) == [9, 11, third, first, 5, 6]
        && mean.missingRows.isEmpty && mean.rows(0..<1).dtype == .float32)
    let mask = try read([4, 3], .mask)
    #expect(mask.space == .real(shape: [5]) && mask.fill?.marks == [0, 2])
    #expect(try mask.rows(1..<2).array(Float.self) == [first, 5, 6, 1, 0])
    // As a run filled its own data.
    let again = try read([4, 3], .mask, fill: SampleFill(means: [0, 1, 2], marks: [1]))
    #expect(try again.rows([1]).array(Float.self) == [0, 5, 6, 0])
    // Beside the values of an array that is no vector stand as many marks.
    let series = try read(
      [2, 2, 3], .mask, fill: SampleFill(means: [0, 0, 0, 0, 0, -1], marks: [5]))
    #expect(series.space == .real(shape: [2, 2, 3]))
    #expect(
      try series.rows([1]).array(Float.self) == [7, 8, 10, 9, 11, -1, 0, 0, 0, 0, 0, 1])
    for (values, missing, says) in [
      ([1, .nan], SampleOptions.MissingValues.refuse, "the value is missing (NaN)"),
      ([1, .infinity], .mean, "the value is infinite"), ([.nan, .nan], .drop, "every row"),
      ([.nan, .nan], .mean, "every value of column 0"),
    ] {
      try scratch.npy("v", NumericArray(values, shape: [2, 1]))
      let failure = scratch.failure {
        try SampleReaders.read(scratch.file("v.npy"), SampleOptions(space: .real, missing: missing))
      }
      #expect(failure?.contains(says) == true, "\(failure ?? "read")")
    }
  }

  @Test func damageIsOneLine() throws {
    let scratch = try Scratch()
    let good = try #require(FileManager.default.contents(atPath: fixture("arrays/f8.npy")))
    var huge = good
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 3), }"
    huge.replaceSubrange(
      10..<128, with: Data(header.padding(toLength: 117, withPad: " ", startingAt: 0).utf8) + [10])
    var nan = good
    nan.replaceSubrange(
      128 + 8 * 4..<128 + 8 * 5, with: withUnsafeBytes(of: Double.nan) { Data($0) })
    let zip = try #require(FileManager.default.contents(atPath: fixture("arrays/one.npz")))
    let png = try #require(FileManager.default.contents(atPath: fixture("arrays/images/2.png")))
    var bomb = png
    bomb.replaceSubrange(16..<24, with: [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF])
    let cases: [(name: String, bytes: Data, says: String)] = [
      ("cut.npy", good.dropLast(5), "truncated"), ("more.npy", good + [0], "extra bytes"),
      ("huge.npy", huge, "more than memory can hold"), ("nan.npy", nan, "row 1, column 1"),
      ("head.npy", good.prefix(40), "truncated"), ("cut.npz", zip.dropLast(9), "zip"),
      ("cut.png", png.prefix(60), "the image cannot be read"),
      ("bomb.png", bomb, "the image cannot be read"), ("empty.txt", Data(), "no text"),
      ("latin.txt", Data([0x61, 0x0A, 0xE9, 0x0A]), "line 2 is not UTF-8"),
    ]
    for (name, bytes, says) in cases {
      let path = try scratch.file(name, bytes)
      let failure = scratch.failure { () throws -> Tensor in
        name.hasSuffix(".png")
          ? try ImageFiles([path], name: name).all() : try SampleReaders.read(path).all()
      }
      #expect(failure?.contains(says) == true, "\(name): \(failure ?? "read")")
      #expect(failure?.contains("\n") == false)
    }
  }

  /// Fixtures of every type and order: rows that are viewed where they lie are those that are read.
  @Test func rowsAreViewedWhereTheyLie() throws {
    var viewed = 0
    for spec in Self.expected.keys.sorted() where spec.hasSuffix(".npy") {
      let read = try SampleReaders.read(fixture("arrays/\(spec)"), SampleOptions(space: .real))
      guard let source = read as? StoredRows, source.count > 1 else { continue }
      let (view, copy) = (try source.viewed(1..<source.count), try source.rows(1..<source.count))
      #expect(view.dtype == copy.dtype && view.shape == copy.shape)
      #expect(view.to(.float64).array(Double.self) == copy.to(.float64).array(Double.self))
      viewed += 1
    }
    #expect(viewed >= 5)
  }

  @Test func whatIsViewedStays() throws {
    let scratch = try Scratch()
    var values = (0..<512).map(Float.init)
    func stored() throws -> StoredRows {
      try scratch.npy("u", NumericArray(values, shape: [256, 2]))
      let bytes = try MappedFile(try scratch.file("u.npy"))
      return try StoredRows(
        bytes, offset: bytes.count - 2048, elementType: .float32, shape: [256, 2], name: "u.npy")
    }
    // The mapping, which nothing else holds, is that of the tensor.
    #expect(try stored().viewed(100..<200).array(Float.self) == Array(values[200..<400]))
    #expect(scratch.failure { try stored().requireFinite(100..<200) } == nil)
    values[301] = .nan
    #expect(
      scratch.failure { try stored().requireFinite(100..<200) }?.contains("row 150, column 1")
        == true)
  }

  @Test func aFileThatIsShortenedIsNoCrash() throws {
    let scratch = try Scratch()
    try scratch.npy("u", NumericArray([Double](repeating: 1, count: 1 << 16), shape: [256, 256]))
    let path = try scratch.file("u.npy")
    let source = try SampleReaders.read(path)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 1000)
    #expect(scratch.failure { try source.rows([255]) }?.contains("was shortened") == true)
  }
}
