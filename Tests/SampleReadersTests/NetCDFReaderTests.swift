import Files
import Foundation
import Samples
import Scratch
import Synchronization
import Testing
import Torch

@testable import SampleReaders

/// What Fixtures/make_netcdf.py wrote, and what the libraries of Python read of it.
@Suite struct NetCDFReaderTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let spec: String
    let missing: SampleOptions.MissingValues
    let space: SampleOptions.SpaceChoice?
    let failure: String?
    let shape: [Int]?
    let dtype: String?
    let values: [Double?]?
    let integers: [Int]?
    let labels: [String?]?
    let missingRows: [Int]?
    let reported: String?
    /// Relative, for values that Python computes in another order; 0 unless given.
    let tolerance: Double?

    var testDescription: String { "\(spec) \(missing) \(space?.rawValue ?? "")" }
  }

  static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/netcdf/"
  static let cases: [Case] = {
    // A fixture that is not there makes the suite fail in `everyKindIsThere`.
    let data = FileManager.default.contents(atPath: folder + "expected.json") ?? Data()
    return (try? JSONDecoder().decode([Case].self, from: data)) ?? []
  }()

  @Test func everyKindIsThere() { #expect(Self.cases.count > 140) }

  @Test(arguments: cases) func isReadAsPythonReadsIt(_ expected: Case) throws {
    SampleReaders.register()
    let reports = Reports()
    let options = SampleOptions(
      space: expected.space, missing: expected.missing, report: { reports.add($0) })
    func read() throws -> any SampleSource {
      try SampleFormats.read(Self.folder + expected.spec, options)
    }
    if let failure = expected.failure {
      let error = #expect(throws: Failure.self) { try read() }
      let text = "\(error?.description ?? "")".replacingOccurrences(of: Self.folder, with: "")
      #expect(text.contains(failure), "\(text)")
      #expect(!text.contains("\n"))
      return
    }
    let source = try read()
    #expect(source.missingRows == expected.missingRows ?? [])
    if let report = expected.reported {
      #expect(reports.all.contains { $0.contains(report) }, "\(reports.all)")
    }
    if let integers = expected.integers {
      // As real numbers, which hold them to 53 bits.
      #expect(try source.all().to(.float64).array(Double.self) == integers.map(Double.init))
    } else if let labels = expected.labels {
      let places = try source.all().array(Int.self)
      let names = try #require(source.space.labels?.names)
      #expect(places.count == labels.count)
      for (place, label) in zip(places, labels) where label != nil {
        #expect(names[place] == label)
      }
    } else {
      try Self.compare(source, expected)
    }
  }

  private static func compare(_ source: any SampleSource, _ expected: Case) throws {
    let shape = try #require(expected.shape)
    #expect([source.count] + (source.space.shape ?? []) == shape)
    let gone = Set(expected.missingRows ?? [])
    let rows = (0..<source.count).filter { !gone.contains($0) }
    let batch = try source.rows(rows)
    // Whole numbers come as real ones: in float32 where that holds them all.
    let dtype = try #require(expected.dtype)
    let real = dtype == "uint8" ? "float32" : dtype.contains("int") ? "float64" : dtype
    #expect(batch.dtype.rawValue == real)
    let values = try #require(expected.values)
    let size = values.count / shape[0]
    let wanted = rows.flatMap { values[$0 * size..<($0 + 1) * size] }
    let found = batch.to(.float64).array(Double.self)
    #expect(found.count == wanted.count)
    for (value, want) in zip(found, wanted) {
      let want = try #require(want)
      let tolerance = (expected.tolerance ?? 0) * max(abs(want), 1)
      #expect(abs(value - want) <= tolerance, "\(value) is not \(want)")
    }
  }

  @Test func contentDecidesNotTheName() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
    for name in names where name != "expected.json" {
      #expect(NetCDFReader().recognizes(try SampleFile(Self.folder + name)), "\(name)")
    }
    #expect(!NetCDFReader().recognizes(try SampleFile(Self.folder + "expected.json")))
  }

  @Test func damageIsOneLine() throws {
    SampleReaders.register()
    let scratch = try Scratch()
    for name in ["stations.NC", "conventions.dat", "unlimited.nc4", "user_block"] {
      let whole = try Data(contentsOf: URL(fileURLWithPath: Self.folder + name))
      for length in [4, 30, whole.count / 3, whole.count / 2, whole.count - 60] {
        let path = try scratch.file("cut", whole.prefix(length))
        let error = #expect(throws: Failure.self, "\(name) cut to \(length)") {
          try SampleFormats.read(path + (name == "conventions.dat" ? ":sky" : ""))
        }
        #expect(error?.description.contains("\n") == false)
      }
    }
  }

  /// Classic files only: libhdf5 itself is not proof against every damage.
  @Test(arguments: ["conventions.dat", "indexed.nc", "rows.nc", "field.nc", "stations_turned"])
  func anyBytesAreSamplesOrOneLine(_ name: String) throws {
    SampleReaders.register()
    let scratch = try Scratch()
    let whole = try Data(contentsOf: URL(fileURLWithPath: Self.folder + name))
    var random = SplitMix(state: 1)
    for _ in 0..<Self.mutations {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        // The headers more often than the data.
        let bound = Bool.random(using: &random) ? bytes.count : min(400, bytes.count)
        let place = Int.random(in: 4..<bytes.count, using: &random) % bound
        bytes[max(4, place)] =
          [0, 1, 0x7F, 0x80, 0xFF, .random(in: 0...255, using: &random)].randomElement(
            using: &random) ?? 0
      }
      let path = try scratch.file("mutated", bytes)
      do {
        _ = try SampleFormats.read(
          path + (name == "conventions.dat" ? ":grid" : ""), .init(missing: .drop))
      } catch let failure as Failure {
        #expect(!failure.description.contains("\n"), "\(failure)")
      }
    }
  }

  /// `COUPLET_MUTATIONS=100000` looks for longer.
  static let mutations =
    ProcessInfo.processInfo.environment["COUPLET_MUTATIONS"].flatMap { Int($0) } ?? 100

  @Test func aSmallPartOfMemoryServesLongVariables() throws {
    // More than one block of 16 MB of doubles, in both orders of axes.
    let scratch = try Scratch()
    let path = try scratch.file("long.nc")
    let (rows, columns) = (300_000, 11)
    try NetCDF.write(to: path) { file in
      let (row, column) = (try file.dimension("row", rows), try file.dimension("column", columns))
      let identity = try file.variable("id", .int, [row], [("cf_role", "timeseries_id")])
      let variable = try file.variable("v", .int, [column, row], chunk: [3, 1000], [])
      try file.write((0..<rows).map(Double.init), identity)
      try file.write(
        (0..<rows * columns).map(Double.init), variable, start: [0, 0], count: [columns, rows])
    }
    let samples = try NetCDFReader().read(SampleFile(path + ":v"), .init())
    guard case .numbers(let source) = samples else { throw Failure("no numbers", remedy: "") }
    let block = try source.rows([299_999, 0, 190_651])
    #expect(
      block.array(Int.self)
        == [299_999, 0, 190_651].flatMap { row in (0..<columns).map { $0 * rows + row } })
  }
}

/// Seeded random numbers.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Collects reports.
final class Reports: Sendable {
  private let lines = Mutex<[String]>([])
  func add(_ line: String) { lines.withLock { $0.append(line) } }
  var all: [String] { lines.withLock { $0 } }
}
