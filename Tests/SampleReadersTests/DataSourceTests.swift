import Samples
import Torch
import Files
import Foundation
import Scratch
import Testing

@testable import SampleReaders

struct DataSourceTests {
  @Test func `a text names a source`() throws {
    let scratch = try Scratch()
    #expect(try DataSource("mnist:data/mnist") == .dataset(format: "mnist", folder: "data/mnist"))
    #expect(try DataSource("other:a:b") == .dataset(format: "other", folder: "a:b"))
    #expect(try DataSource(scratch.path) == .folder(scratch.path))
    for text in ["minst:data", "mnist:", "mnist", "no/such/folder", ""] {
      #expect(
        scratch.failure { try DataSource(text) }
          == "'\(text)' is neither a kind of data nor a folder — "
          + "use mnist:DIR, gaussian-field:DIR, ocean:DIR, or a folder with u.npy and v.npy")
    }
  }

  @Test func `a folder of arrays is read as features and labels`() throws {
    let scratch = try Scratch()
    try scratch.npy("u", NumericArray([1.5, 2, 3, 4, 5, 6] as [Double], shape: [3, 2]))
    try scratch.npy("v", NumericArray([2, 0, 1] as [Int32]))
    try scratch.npy("u-test", NumericArray([7, 8] as [Int16], shape: [1, 2]))
    try scratch.npy("v-test", NumericArray([1] as [UInt8]))
    let data = try DataSource(scratch.path).read()
    #expect(try data.training.u.array(Float.self) == [1.5, 2, 3, 4, 5, 6])
    #expect(try data.training.v.array(Int.self) == [2, 0, 1])
    #expect(try data.test?.u.array(Float.self) == [7, 8])
    #expect(data[.u] == .real(shape: [2]) && data[.v] == .labels(count: 3))
    #expect(
      data.summary == "\(scratch.path): 3 training and 1 test pairs; u 2, v 3 labels")
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
    func features(_ values: [Double]) -> NumericArray { NumericArray(values, shape: [3, 2]) }
    let table: [(damage: (Scratch) throws -> Void, message: String)] = [
      (
        { try FileManager.default.removeItem(atPath: "\($0.path)/v.npy") },
        "DIR: there is no v.npy — pairs are u.npy and v.npy, and for tests u-test.npy and v-test.npy"
      ),
      (
        { try $0.npy("v-test", NumericArray([0])) },
        "DIR: there is no u-test.npy — pairs are u.npy and v.npy, and for tests u-test.npy and v-test.npy"
      ),
      (
        { try $0.npy("v", NumericArray([0, 1])) },
        "DIR/u.npy: 3 samples, but 2 in DIR/v.npy — "
          + "give files of which row i of one belongs to row i of the other"
      ),
      (
        { try $0.npy("u", features([1, 2, 3, .nan, .infinity, 6])) },
        "DIR/u.npy (index [1, 1]): the value is not a finite number — "
          + "remove or replace NaN and infinite values"
      ),
      (
        { try $0.npy("u", features([1, 2, 3, 4, 1e300, 6])) },
        "DIR/u.npy as float32 (index [2, 0]): the value is not a finite number — "
          + "remove or replace NaN and infinite values"
      ),
      (
        { try $0.npy("v", NumericArray([0, -1, 1])) },
        "DIR/v.npy (row 1): the label -1 is out of range — give labels from 0 to 2"
      ),
      (
        { try $0.npy("v", NumericArray([0, 1, 1_000_000_000])) },
        "DIR/v.npy (row 2): the label 1000000000 is out of range — give labels from 0 to 2"
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
        "DIR, test u: the samples are float32 of shape 3, not real numbers of shape 2 — "
          + "give data of the same kind as those of the training"
      ),
      (
        {
          try $0.npy("u-test", NumericArray([1.0, 2], shape: [1, 2]))
          try $0.npy("v-test", NumericArray([2]))
        },
        "DIR, test v (row 0): the label 2 is out of range — give labels from 0 to 1"
      ),
      (
        {
          try $0.npy("u-test", NumericArray([1.0, 2], shape: [1, 2]))
          try $0.npy("v-test", NumericArray([0.5]))
        },
        "DIR, test v: float32 of shape 1 are not labels — "
          + "give one whole number per sample, from 0 to 1"
      ),
    ]
    for (damage, message) in table {
      let scratch = try Scratch()
      try scratch.npy("u", features([1, 2, 3, 4, 5, 6]))
      try scratch.npy("v", NumericArray([0, 1, 1]))
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
