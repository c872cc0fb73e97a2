import CArrow
import Files
import Foundation
import Samples
import Scratch
import Testing
import Torch

@testable import SampleReaders

/// Identifiers of rows, as files hold them.
@Suite(.enabled(if: ca_is_built(), "built without Arrow"))
struct IdentifiersTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func table(_ text: String, _ member: String = "") throws -> Identifiers {
    try SampleReaders.identifiers(scratch.file("t.csv", Data(text.utf8)) + member)
  }

  @Test func `cells are taken as they are written`() throws {
    let text = "sku,x,big\n007,1,9223372036854775807\n8,2,9007199254740993\n"
    #expect(try table(text, ":sku") == .texts(["007", "8"]))
    #expect(try table(text, ":x") == .numbers([1, 2]))
    // Beyond what a float64 tells apart.
    #expect(try table(text, ":big") == .numbers([.max, 9_007_199_254_740_993]))
    #expect(try table("name\nb\na\nb\n") == .texts(["b", "a", "b"]))
  }

  @Test func `a name is a column of the samples' own table`() throws {
    let file = try scratch.file("t.csv", Data("sku,x1,x2\na,1,2\nb,3,4\n".utf8))
    #expect(try SampleReaders.identifiers("sku", of: "\(file):x*") == .texts(["a", "b"]))
    #expect(
      scratch.failure { try SampleReaders.identifiers("nose", of: "\(file):x*") }
        == "DIR/t.csv: there is no column 'nose' among 3 — the columns are sku, x1, x2; #1 is the first"
    )
    try scratch.npy("u", NumericArray([1, 2]))
    #expect(
      scratch.failure { try SampleReaders.identifiers("sku", of: "\(scratch.path)/u.npy") }?
        .contains("DIR/u.npy is no table with a column of that name") == true)
  }

  @Test func `lines and arrays of whole numbers are identifiers, others are not`() throws {
    #expect(
      try SampleReaders.identifiers(scratch.file("t.txt", Data("x\ny z\n".utf8)))
        == .texts(["x", "y z"]))
    try scratch.npy("keys", NumericArray([Int.max, 5, 5]))
    #expect(
      try SampleReaders.identifiers("\(scratch.path)/keys.npy") == .numbers([.max, 5, 5]))
    try scratch.npy("floats", NumericArray([3.0, 4.0]))
    #expect(try SampleReaders.identifiers("\(scratch.path)/floats.npy") == .numbers([3, 4]))
    try scratch.npy("halves", NumericArray([3.5, 4.0]))
    try scratch.npy("pairs", NumericArray([1, 2, 3, 4], shape: [2, 2]))
    for name in ["halves", "pairs"] {
      #expect(
        scratch.failure { try SampleReaders.identifiers("\(scratch.path)/\(name).npy") }?
          .contains("no identifiers") == true)
    }
  }

  @Test func `a gap, several columns and numbers with fractions are refused`() throws {
    for (text, member, what) in [
      ("id,x\na,1\n,2\nc,3\n", ":id", "(row 1): an identifier is missing"),
      ("id,x\na,1\nb,2\n", "", "there are 2 columns"),
    ] {
      let failure = scratch.failure { try table(text, member) }
      #expect(failure?.contains(what) == true, "\(failure ?? "none")")
    }
  }
}
