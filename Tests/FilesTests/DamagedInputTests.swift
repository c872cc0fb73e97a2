import Foundation
import Testing

@testable import Files

/// A damaged file, and the one line that reading it must give; `%` stands for the file's path.
struct Damaged: Sendable, CustomTestStringConvertible {
  enum Reader: Sendable { case idx, npy, finiteNpy, npz, safetensors }

  let what: String
  let reader: Reader
  let bytes: Data
  let line: String

  init(_ what: String, _ reader: Reader, _ bytes: Data, _ line: String) {
    self.what = what
    self.reader = reader
    self.bytes = bytes
    self.line = line
  }

  var testDescription: String { "\(reader): \(what)" }

  func read(_ path: String) throws {
    switch reader {
    case .idx: _ = try IDX.read(path)
    case .npy: _ = try Npy.read(path)
    case .finiteNpy: _ = try Npy.read(path, requireFinite: true)
    case .npz: _ = try Npz.read(path)
    case .safetensors: _ = try Safetensors.read(path)
    }
  }
}

struct DamagedInputTests {
  @Test(arguments: try idxCases() + npyCases() + npzCases() + safetensorsCases())
  func `a damaged file gives one line`(damaged: Damaged) throws {
    let scratch = try Scratch()
    let path = try scratch.file("file", damaged.bytes)
    let failure = #expect(throws: Failure.self) { try damaged.read(path) }
    #expect(failure?.description.replacingOccurrences(of: path, with: "%") == damaged.line)
  }

  @Test(arguments: [Damaged.Reader.idx, .npy, .npz, .safetensors])
  func `a path that is no readable file gives one line`(reader: Damaged.Reader) throws {
    let scratch = try Scratch()
    let file = Damaged("", reader, Data(), "")
    #expect(
      throws: Failure(
        "cannot open the file: No such file or directory", at: "\(scratch.path)/none",
        remedy: "check the path; its folder must exist")
    ) { try file.read("\(scratch.path)/none") }
    #expect(
      throws: Failure("this is a directory", at: scratch.path, remedy: "give the path of a file")
    ) {
      try file.read(scratch.path)
    }
    #expect(
      throws: Failure(
        "this is a device, and files are read more than once", at: "/dev/zero",
        remedy: "save what it holds to a file, and give that")
    ) { try file.read("/dev/zero") }
  }

  /// Root may read everything, so that the test says nothing there.
  @Test(.enabled(if: geteuid() != 0))
  func `a file without permission gives one line`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("a", Data())
    chmod(path, 0)
    #expect(
      throws: Failure(
        "cannot open the file: Permission denied", at: path, remedy: "check the permissions")
    ) { try Npy.read(path) }
  }

  /// Whatever a good file is cut to, and whichever of its bits is flipped, nothing traps, and no
  /// shorter file passes for whole.
  @Test(arguments: [
    ("idx", Damaged.Reader.idx), ("idx.gz", .idx), ("fortran_f8.npy", .npy),
    ("stored.npz", .npz), ("deflated.npz", .npz), ("reference.safetensors", .safetensors),
  ])
  func `any cut is rejected and any flipped bit survived`(
    name: String, reader: Damaged.Reader
  ) throws {
    let scratch = try Scratch()
    let idx: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]
    let whole =
      switch name {
      case "idx": Data(idx)
      case "idx.gz": try gzip(idx)
      default: try contents(fixture(name))
      }
    let file = Damaged("", reader, Data(), "")
    for count in 0..<whole.count {
      let path = try scratch.file("cut", whole.prefix(count))
      #expect(throws: Failure.self, "cut to \(count) bytes") { try file.read(path) }
    }
    for place in whole.indices {
      var flipped = whole
      flipped[place] ^= 1 << UInt8(place % 8)
      let path = try scratch.file("flipped", flipped)
      do { try file.read(path) } catch { #expect(error is Failure) }
    }
  }
}

// MARK: - The table

private func idxCases() throws -> [Damaged] {
  let whole: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]
  let gzipped = try gzip(whole)
  var corrupt = gzipped
  corrupt[corrupt.count - 8] ^= 1  // the first byte of the CRC-32
  var unknownBlock = gzipped
  unknownBlock[10] |= 0b110  // the type of the first block
  return [
    Damaged(
      "empty", .idx, Data(),
      "% (magic number, offset 0): the file is truncated: 4 bytes are needed, at most 0 can follow"
        + " — copy or create the file again"),
    Damaged(
      "wrong magic", .idx, Data("\u{89}PNG\r\n".utf8),
      "% (magic number, offset 0): 0xc289504e is not the magic number of an IDX file"
        + " — give an IDX file such as MNIST's"),
    Damaged(
      "unknown element code", .idx, Data([0, 0, 0x0A, 1, 0, 0, 0, 0]),
      "% (magic number, offset 0): 0x00000a01 is not the magic number of an IDX file"
        + " — give an IDX file such as MNIST's"),
    Damaged(
      "no extent", .idx, Data(whole[..<6]),
      "% (extent of axis 0, offset 4): the file is truncated: 4 bytes are needed, at most 2 can"
        + " follow — copy or create the file again"),
    Damaged(
      "fewer elements than counted", .idx, Data(whole[..<10]),
      "% (elements, offset 8): the file is truncated: 3 bytes are needed, at most 2 can follow"
        + " — copy or create the file again"),
    Damaged(
      "fewer elements than counted, gzipped", .idx, try gzip(Array(whole[..<10])),
      "% (elements, offset 8): the file is truncated: 3 bytes are needed, 2 follow"
        + " — copy or create the file again"),
    Damaged(
      "more elements than counted", .idx, Data(whole + [4]),
      "% (end, offset 11): extra bytes follow the data — check that the file is complete and unmixed"
    ),
    Damaged(
      "more elements than counted, gzipped", .idx, try gzip(whole + [4]),
      "% (end, offset 11): extra bytes follow the data — check that the file is complete and unmixed"
    ),
    Damaged(
      "extents beyond Int", .idx, Data([0, 0, 14, 3] + [UInt8](repeating: 0xFF, count: 12)),
      "% (extents, offset 4): the product of the extents is more than memory can hold"
        + " — copy or create the file again"),
    Damaged(  // Found by the fuzzer: the line listed all 255 extents.
      "255 extents beyond Int", .idx, Data([0, 0, 8, 255] + [UInt8](repeating: 0xFF, count: 1020)),
      "% (extents, offset 4): the product of the extents is more than memory can hold"
        + " — copy or create the file again"),
    Damaged(
      "extents beyond the file", .idx, Data([0, 0, 8, 2, 0, 1, 0, 0, 0, 1, 0, 0]),
      "% (elements, offset 12): the file is truncated: 4294967296 bytes are needed, at most 0"
        + " can follow — copy or create the file again"),
    Damaged(
      "truncated gzip", .idx, gzipped.prefix(20),
      "% (compressed offset 20): the compressed data is truncated — download or copy the file again"
    ),
    Damaged(
      "gzip without its checksum", .idx, gzipped.dropLast(8),
      "% (compressed offset \(gzipped.count - 8)): the compressed data is truncated"
        + " — download or copy the file again"),
    Damaged(
      "corrupt checksum", .idx, corrupt,
      "% (compressed offset \(gzipped.count - 4)): the compressed data is corrupt: incorrect data"
        + " check — download or copy the file again"),
    Damaged(
      "corrupt block", .idx, unknownBlock,
      "% (compressed offset 11): the compressed data is corrupt: invalid block type"
        + " — download or copy the file again"),
    Damaged(
      "bytes after gzip", .idx, gzipped + [0, 0],
      "% (compressed offset \(gzipped.count)): extra bytes follow the compressed data"
        + " — download or copy the file again"),
  ]
}

private func npyCases() throws -> [Damaged] {
  let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
  let nan = try contents(fixture("c_f4.npy")).dropLast(4) + [0, 0, 0xC0, 0x7F]
  let infinite = npy(good, [0, 0, 0x80, 0xFF, 0, 0, 0xC0, 0x7F])
  func header(_ text: String, _ what: String, _ line: String) -> Damaged {
    Damaged(what, .npy, npy(text, [UInt8](repeating: 0, count: 8)), line)
  }
  func unsupported(_ name: String, _ what: String) throws -> Damaged {
    Damaged(
      what, .npy, try contents(fixture(name)),
      "% (descr, offset 20): the array holds \(what) — save numbers: array.astype('float32')")
  }
  let again = "— save the array with numpy.save"
  return [
    try unsupported("objects.npy", "Python objects"),
    try unsupported("records.npy", "records (a structured dtype)"),
    try unsupported("complex.npy", "complex numbers"),
    try unsupported("text.npy", "text"),
    try unsupported("dates.npy", "dates"),
    Damaged(
      "NaN", .finiteNpy, nan,
      "% (index [1, 2]): the value is not a finite number — remove or replace NaN and infinite values"
    ),
    Damaged(
      "infinity before NaN", .finiteNpy, infinite,
      "% (index [0]): the value is not a finite number — remove or replace NaN and infinite values"),
    Damaged(
      "empty", .npy, Data(),
      "% (magic number, offset 0): the file is truncated: 1 bytes are needed, at most 0 can follow — copy or create the file again"
    ),
    Damaged(
      "wrong magic", .npy, Data("u,v\n1,2\n".utf8),
      "% (magic number, offset 0): this is not an npy file \(again)"),
    Damaged(
      "unknown version", .npy, npy(good, [], version: 4),
      "% (version, offset 6): version 4 of the npy format is unknown \(again)"),
    Damaged(
      "absurd header length", .npy, Data(Npy.magic + [2, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
      "% (header length, offset 8): a header of 4294967295 bytes is absurd \(again)"),
    Damaged(
      "header beyond the file", .npy, Data(Npy.magic + [1, 0, 100, 0, 0x7B]),
      "% (header, offset 10): the file is truncated: 100 bytes are needed, at most 1 can follow — copy or create the file again"
    ),
    Damaged(
      "truncated data", .npy, npy(good, [0, 0, 0, 0, 0]),
      "% (elements, offset 67): the file is truncated: 8 bytes are needed, at most 5 can follow — copy or create the file again"
    ),
    Damaged(
      "trailing bytes", .npy, npy(good, [UInt8](repeating: 0, count: 9)),
      "% (end, offset 75): extra bytes follow the data — check that the file is complete and unmixed"
    ),
    header(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
      "shape beyond Int",
      "% (shape, offset 10): the product of the shape is more than memory can hold \(again)"),
    header(
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693951,)}",
      "bytes beyond Int",
      "% (shape, offset 10): the product of the shape is more than memory can hold \(again)"),
    header(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
      "extent beyond Int",
      "% (shape, offset 61): the header is malformed: an extent is not an integer from 0 to 9223372036854775807 \(again)"
    ),
    header(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "negative extent",
      "% (shape, offset 61): the header is malformed: an extent is not an integer from 0 to 9223372036854775807 \(again)"
    ),
    header(
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", "order not a bool",
      "% (fortran_order, offset 44): the header is malformed: 'fortran_order' is neither True nor False \(again)"
    ),
    header(
      "{'descr': '<f4', 'shape': (2,)}", "missing key",
      "% (header, offset 10): the header is malformed: 'descr', 'fortran_order' or 'shape' is missing \(again)"
    ),
    header(
      "{'descr': '<f4', 'descr': '<f4'}", "repeated key",
      "% (header, offset 27): the header is malformed: the key 'descr' is repeated or unknown \(again)"
    ),
    header(
      "{'descr': '<f4', 'code': exit()}", "unknown key",
      "% (header, offset 27): the header is malformed: the key 'code' is repeated or unknown \(again)"
    ),
    header(
      "{'descr': '<f16', ", "unknown type",
      "% (descr, offset 20): the array holds elements of the unknown type '<f16' — save numbers: array.astype('float32')"
    ),
    header(
      "{'descr': '<f4\n', ", "a line feed in a word",
      "% (descr, offset 20): the header is malformed: a quoted word is not plain text \(again)"),
    header(
      "[1, 2]", "not a dictionary",
      "% (header, offset 10): the header is malformed: '{' is missing \(again)"),
    header(
      "\(good) 1", "text after the dictionary",
      "% (header, offset 68): the header is malformed: text follows the dictionary \(again)"),
  ]
}

private func npzCases() throws -> [Damaged] {
  let stored = try contents(fixture("stored.npz"))
  let deflated = try contents(fixture("deflated.npz"))
  func changed(_ data: Data, _ places: [Int: UInt8]) -> Data {
    places.reduce(into: data) { $0[$1.key] = $1.value }
  }
  let directory = try #require(stored.range(of: Data([0x50, 0x4B, 1, 2]))).lowerBound
  let elements = try #require(stored.range(of: Data("}".utf8))).lowerBound
  let again = "— save the arrays again with numpy.savez"
  return [
    Damaged(
      "not an archive", .npz, Data("x".utf8),
      "% (end of the archive): this is not a zip archive, or it is truncated \(again)"),
    Damaged(
      "truncated", .npz, stored.dropLast(1),
      "% (end of the archive): this is not a zip archive, or it is truncated \(again)"),
    Damaged(
      "encrypted", .npz, changed(stored, [directory + 8: 1]),
      "% (zip directory, offset 51): the member 'a.npy' is encrypted or compressed by method 0 \(again)"
    ),
    Damaged(
      "unknown method", .npz, changed(stored, [directory + 10: 12]),
      "% (zip directory, offset 51): the member 'a.npy' is encrypted or compressed by method 12 \(again)"
    ),
    Damaged(
      "damaged directory", .npz, changed(stored, [directory: 0]),
      "% (zip directory, offset 4): the zip directory is damaged \(again)"),
    Damaged(
      "wrong place", .npz, changed(stored, [directory + 42: 1]),
      "%/a.npy (local header, offset 1): the member is not where the directory says \(again)"),
    Damaged(
      "a changed element", .npz, changed(stored, [elements + 60: 77]),
      "%/a.npy: the data is corrupt: its checksum differs — download or copy the file again"),
    Damaged(
      "damaged deflate", .npz, changed(deflated, [55: 7]),
      "%/a.npy (compressed offset 1): the compressed data is corrupt: invalid block type — download or copy the file again"
    ),
  ]
}

private func safetensorsCases() -> [Damaged] {
  func header(_ what: String, _ text: String, _ count: Int, _ line: String) -> Damaged {
    Damaged(
      what, .safetensors, safetensors(text, count),
      "% (header, offset \(line) — write the file again with a safetensors library")
  }
  func tensor(_ name: String, _ begin: Int, _ end: Int, dtype: String = "U8", shape: String? = nil)
    -> String
  {
    #""\#(name)":{"dtype":"\#(dtype)","shape":[\#(shape ?? "\(end - begin)")],"data_offsets":[\#(begin),\#(end)]}"#
  }
  let good = "{\(tensor("a", 0, 2))}"
  return [
    Damaged(
      "empty", .safetensors, Data(),
      "% (header length, offset 0): the file is truncated: 8 bytes are needed, at most 0 can follow — copy or create the file again"
    ),
    Damaged(
      "absurd header length", .safetensors, Data(repeating: 0xFF, count: 16),
      "% (header length, offset 0): a header of 18446744073709551615 bytes is absurd — give a safetensors file"
    ),
    Damaged(
      "header beyond the file", .safetensors, safetensors(good, 0).dropLast(1),
      "% (header, offset 8): the file is truncated: \(good.count) bytes are needed, at most \(good.count - 1) can follow — copy or create the file again"
    ),
    header("truncated data", good, 1, "8): data_offsets end at 2, but 1 bytes of data follow"),
    header("trailing bytes", good, 3, "8): data_offsets end at 2, but 3 bytes of data follow"),
    header(
      "gap", "{\(tensor("a", 0, 2)),\(tensor("b", 3, 4))}", 4,
      "8): data_offsets leave a gap before 'b' at 2"),
    header(
      "overlap", "{\(tensor("a", 0, 2)),\(tensor("b", 1, 4))}", 4,
      "8): data_offsets leave an overlap with 'b' at 2"),
    header(
      "duplicate name", "{\(tensor("a", 0, 2)),\(tensor("a", 2, 4))}", 4,
      "65): the header is malformed: the name 'a' occurs twice"),
    header(
      "shape and offsets differ", "{\(tensor("a", 0, 4, dtype: "F32", shape: "2"))}", 4,
      "61): the header is malformed: 'a' has 4 bytes, not those of shape [2] of float32"),
    header(
      "shape beyond Int", "{\(tensor("a", 0, 4, shape: "4294967296,4294967296"))}", 4,
      "80): the header is malformed: 'a' has 4 bytes, not those of shape [4294967296, 4294967296] of uint8"
    ),
    header(
      "backward offsets", "{\(tensor("a", 4, 0, shape: "4"))}", 4,
      "60): the header is malformed: 'a' has data_offsets [4, 0], not a range"),
    header(
      "negative extent", "{\(tensor("a", 0, 4, shape: "-4"))}", 4,
      "36): the header is malformed: a list holds something else than integers from 0 to 9223372036854775807"
    ),
    header(
      "unsupported dtype", "{\(tensor("a", 0, 4, dtype: "F8_E4M3"))}", 4,
      "31): the header is malformed: 'a' has the unsupported dtype 'F8_E4M3'"),
    header(
      "missing key", #"{"a":{"dtype":"U8"}}"#, 0,
      "27): the header is malformed: 'a' lacks dtype, shape or data_offsets"),
    header(
      "unknown key", #"{"a":{"type":"U8"}}"#, 0,
      "21): the header is malformed: 'a' has the key 'type', which is repeated or unknown"),
    header(
      "metadata not strings", #"{"__metadata__":{"a":1}}"#, 0,
      "29): the header is malformed: '\"' is missing"),
    header(
      "repeated metadata", #"{"__metadata__":{"a":"1","a":"2"}}"#, 0,
      "40): the header is malformed: the metadata key 'a' occurs twice"),
    header(
      "space before the header", " {}", 0, "8): the header is malformed: it does not start with '{'"
    ),
    header("not JSON", "{'a': 1}", 0, "9): the header is malformed: '\"' is missing"),
    header(
      "text after the header", "{} x", 0, "11): the header is malformed: text follows the object"),
    header(
      "a line feed in a name", "{\"a\n\":1}", 0,
      "11): the header is malformed: a string holds a control character"),
    header(
      "an escaped line feed in a name", #"{"a\n":{"a":1}}"#, 0,
      "20): the header is malformed: 'a\\n' has the key 'a', which is repeated or unknown"),
    header(
      "half a surrogate pair", #"{"\ud83d":{}}"#, 0,
      "16): the header is malformed: a string holds half a surrogate pair"),
    header("an endless string", #"{"a"#, 0, "11): the header is malformed: '\"' is missing"),
    header(
      "an endless escape", #"{"\u12"#, 0,
      "12): the header is malformed: a \\u escape lacks four digits"),
  ]
}
