import Files
import Foundation
import Samples
import Scratch
import Testing
import Torch

@testable import SampleReaders

private struct OtherFormat: DatasetFormat {
  var name: String { "other" }

  func read(
    _ folder: String, _ options: DataOptions, report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset {
    throw Failure("not read here", remedy: "")
  }
}

struct DataSourceTests {
  init() {
    SampleReaders.register()
    DataSource.register(OtherFormat())
  }

  @Test func `a text names a source`() throws {
    let scratch = try Scratch()
    #expect(try DataSource("mnist:data/mnist") == .dataset(format: "mnist", folder: "data/mnist"))
    #expect(try DataSource("other:a:b") == .dataset(format: "other", folder: "a:b"))
    #expect(try DataSource(scratch.path) == .folder(scratch.path))
    for text in ["minst:data", "mnist:", "mnist", "no/such/folder", ""] {
      let failure = try #require(scratch.failure { try DataSource(text) })
      // Tests of other kinds of data, in the same process, make those known, too.
      #expect(failure.hasPrefix("'\(text)' is neither a kind of data nor a folder — use "))
      #expect(failure.contains(" mnist:DIR, ") && failure.contains(" other:DIR, "))
      #expect(failure.hasSuffix(", or a folder with u.npy and v.npy"))
    }
  }

  @Test func `a folder of arrays is read as features and labels`() throws {
    let scratch = try Scratch()
    try scratch.npy("u", NumericArray((0..<12).map { Double($0) / 2 }, shape: [6, 2]))
    try scratch.npy("v", NumericArray([2, 0, 1, 1, 2, 0] as [Int32]))
    try scratch.npy("u-test", NumericArray([7, 8] as [Int16], shape: [1, 2]))
    try scratch.npy("v-test", NumericArray([1] as [UInt8]))
    let data = try DataSource(scratch.path).read()
    #expect(try data.training.u.array(Double.self) == (0..<12).map { Double($0) / 2 })
    #expect(try data.training.v.array(Int.self) == [2, 0, 1, 1, 2, 0])
    #expect(try data.test?.u.array(Double.self) == [7, 8])
    #expect(data[.u] == .real(shape: [2]) && data[.v] == .labels(count: 3))
    #expect(data.summary == "\(scratch.path): 6 training and 1 test pairs; u 2, v 3 labels")
  }

  @Test func `two files are read as pairs without a test`() throws {
    let scratch = try Scratch()
    try scratch.npy("a", NumericArray([1, 2, 3] as [Float]))
    try scratch.npy("b", NumericArray([UInt8](0..<12), shape: [3, 2, 2]))
    let data = try DataSource.files([
      .init(.u, "\(scratch.path)/a.npy"), .init(.v, "\(scratch.path)/b.npy"),
    ]).read()
    #expect(data.test == nil)
    #expect(data[.u] == .real(shape: []) && data[.v] == .real(shape: [2, 2]))
    #expect(data.summary.hasSuffix("b.npy: 3 pairs; u scalar, v 2 × 2"))
  }

  @Test func `damaged arrays are explained`() throws {
    func features(_ values: [Double]) -> NumericArray { NumericArray(values, shape: [6, 2]) }
    let good = (0..<12).map(Double.init)
    let pairs =
      "pairs are u.npy and v.npy, and for tests u-test.npy and v-test.npy, or files of these names in "
      + "another format"
    let kind = "give data of the same kind as those of the training"
    func tests(_ scratch: Scratch, _ label: NumericArray) throws {
      try scratch.npy("u-test", NumericArray([1.0, 2], shape: [1, 2]))
      try scratch.npy("v-test", label)
    }
    let table: [(damage: (Scratch) throws -> Void, message: String)] = [
      (
        { try FileManager.default.removeItem(atPath: "\($0.path)/v.npy") },
        "DIR: there is no v.npy — \(pairs)"
      ),
      (
        { try $0.bytes("u.csv", Data("a,b\n1,2\n".utf8)) },
        "DIR: u.csv and u.npy are both u — leave one of them there, or give two files in place of the folder"
      ),
      ({ try $0.npy("v-test", NumericArray([0])) }, "DIR: there is no u-test.npy — \(pairs)"),
      (
        { try $0.npy("v", NumericArray([0, 1])) },
        "DIR/u.npy: 6 samples of u, but 2 of v in DIR/v.npy — give as many rows of each: row i of one "
          + "belongs to row i of the others"
      ),
      (
        { try $0.npy("v", NumericArray([1.5], shape: [])) },
        "DIR/v.npy: the shape [] holds no samples — store the samples along the first axis"
      ),
      (
        { try $0.npy("v", NumericArray([Int](), shape: [0])) },
        "DIR/v.npy: the shape [0] holds no samples — store the samples along the first axis"
      ),
      (
        {
          try $0.npy("u-test", NumericArray([1.0, 2, 3], shape: [1, 3]))
          try $0.npy("v-test", NumericArray([0]))
        },
        "DIR/u-test.npy: the samples are vectors of 3 numbers, not vectors of 2 numbers — \(kind)"
      ),
      (
        { try tests($0, NumericArray([2])) },
        "DIR/v-test.npy (row 0): the label '2' is not one of the 2 known ones — known are 0, 1"
      ),
      (
        { try tests($0, NumericArray([0.5])) },
        "DIR/v-test.npy (row 0): 0.5 is not a whole number — give labels as text or as whole numbers"
      ),
    ]
    for (damage, message) in table {
      let scratch = try Scratch()
      try scratch.npy("u", features(good))
      try scratch.npy("v", NumericArray([0, 1, 1, 0, 1, 0]))
      try damage(scratch)
      #expect(scratch.failure { try DataSource(scratch.path).read() } == message)
    }
  }

  /// The reader of npy files has its own table; here, that its failures come through.
  @Test func `an array of objects is refused`() throws {
    let scratch = try Scratch()
    try scratch.npy("v", NumericArray([0, 1, 1]))
    let header = "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }".padding(
      toLength: 117, withPad: " ", startingAt: 0)
    try scratch.bytes(
      "u.npy", Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array("\(header)\n".utf8)))
    let message = try #require(scratch.failure { try DataSource(scratch.path).read() })
    #expect(message.hasPrefix("DIR/u.npy") && message.contains("object"), "\(message)")
  }
}
