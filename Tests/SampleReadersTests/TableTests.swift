import CArrow
import Files
import Foundation
import Samples
import Scratch
import Synchronization
import Testing
import Torch

@testable import SampleReaders

/// Values that pandas and pyarrow wrote (`Fixtures/make_tables.py`).
@Suite(.enabled(if: ca_is_built(), "built without Arrow"))
struct TableTests {
  private let fixtures =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures"

  private func read(_ text: String, _ options: SampleOptions = .init()) throws -> any SampleSource {
    try SampleReaders.read("\(fixtures)/\(text)", options)
  }

  private func numbers(_ text: String, _ options: SampleOptions = .init()) throws -> [Double] {
    try read(text, options).all().to(.float64).array(Double.self)
  }

  private func csv(_ text: String, _ member: String = "", _ options: SampleOptions = .init()) throws
    -> any SampleSource
  {
    let scratch = try Scratch()
    try scratch.bytes("t.csv", Data(text.utf8))
    return try SampleReaders.read("\(scratch.path)/t.csv\(member)", options)
  }

  private func message(_ text: String, _ member: String = "", _ options: SampleOptions = .init())
    -> String
  {
    do {
      return "no failure: \(try csv(text, member, options).space)"
    } catch {
      return "\(error)".split(separator: "/").last.map(String.init) ?? ""
    }
  }

  @Test(arguments: [
    "plain.csv", "plain.tsv", "plain.csv.gz", "typed.parquet", "typed.feather", "typed.arrows",
  ])
  func `columns are vectors, numbers and labels in every format`(file: String) throws {
    #expect(try read("\(file):x1..x2").space == .real(shape: [2]))
    #expect(try numbers("\(file):x1..x2") == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
    #expect(try numbers("\(file):x2,x1") == [1, 0.5, 2, 1.5, 3, 2.5, 4, 3.5])
    #expect(try read("\(file):x1").space == .real(shape: []))
    #expect(try read("\(file):#1").all().array(Double.self) == [0.5, 1.5, 2.5, 3.5])
    #expect(try read("\(file):kind").space == .labels(LabelSet(["cat", "dog"])))
    #expect(try read("\(file):kind").all().array(Int.self) == [0, 1, 0, 1])
    #expect(try read("\(file):flag").all().array(Int.self) == [1, 0, 1, 0])
    #expect(try read("\(file):x*").columns == ["x1", "x2"])
  }

  @Test(arguments: ["typed.parquet", "typed.feather", "typed.arrows"])
  func `typed columns keep their values`(file: String) throws {
    #expect(try read("\(file):coded").all().array(Int.self) == [1, 0, 1, 0])
    #expect(try read("\(file):f32").all().array(Float.self) == [0.1, 0.2, 0.3, 0.4])
    #expect(try read("\(file):fixed").all().array(Float.self) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5])
    #expect(try read("\(file):lists").space == .real(shape: [3]))
    #expect(try numbers("\(file):lists,x1").suffix(4) == [3, 6, 9, 3.5])
    for (column, what) in [
      ("ragged", "differ in length"), ("day", "timestamp"), ("money", "decimal"),
      ("x1,kind", "'kind' holds text"), ("nose", "no column 'nose'"),
    ] {
      #expect { try read("\(file):\(column)") } throws: { "\($0)".contains(what) }
    }
  }

  @Test(arguments: ["kinds.feather", "kinds.arrow"])
  func `texts and lists are read in every way that Arrow stores them`(file: String) throws {
    let kinds = ["cat", "dog", "cat", "a dog of more than twelve letters"]
    for column in ["view", "large", "coded_view", "coded_large"] {
      let texts = try read("\(file):\(column)", SampleOptions(space: .text))
      #expect(TextSamples.decoded(try texts.all()) == kinds, "\(column)")
    }
    #expect(try numbers("\(file):coded_number") == [0.5, 1.5, 0.5, 2.5])
    for (column, type) in [
      ("large_list", DType.float32), ("list_view", .float64), ("large_list_view", .float32),
    ] {
      let lists = try read("\(file):\(column)").all()
      #expect(lists.dtype == type && lists.shape == [4, 2])
      #expect(lists.to(.float64).array(Double.self) == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5])
    }
  }

  @Test func `a stream is known by its content`() throws {
    let scratch = try Scratch()
    for (name, file) in [("a", "typed.arrows"), ("b", "typed.feather"), ("c", "typed.parquet")] {
      try scratch.bytes(name, Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\(file)")))
      let source = try SampleReaders.read("\(scratch.path)/\(name):x1")
      #expect(try source.all().array(Double.self) == [0.5, 1.5, 2.5, 3.5])
    }
  }

  @Test func `lists of bytes are what an array of bytes of this shape is`() throws {
    let scratch = try Scratch()
    try scratch.npy("u", NumericArray([0, 1, 2, 255] + [0, 1, 2, 255] as [UInt8], shape: [2, 4]))
    for file in ["\(scratch.path)/u.npy", "\(fixtures)/kinds.feather:bytes"] {
      let source = try SampleReaders.read(file)
      #expect(source.space == .real(shape: [4]))
      #expect(try source.rows([1]).to(.float64).array(Double.self) == [0, 1, 2, 255])
      let found = scratch.failure { try SampleReaders.read(file, SampleOptions(space: .image)) }
      #expect(found?.contains("samples of shape 4 are no images") == true, "\(found ?? "read")")
    }
  }

  @Test func `what is larger than memory may be lies in a file that has no name`() throws {
    // The open files of this process that are in no folder and hold two columns of four float64: other tests, which run
    // at the same time, make none of this size.
    func unnamed() throws -> Int {
      let files = FileManager.default
      return try files.contentsOfDirectory(atPath: "/proc/self/fd").count {
        let path = (try? files.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) ?? ""
        var status = stat()
        guard let number = Int32($0), fstat(number, &status) == 0 else { return false }
        return path.contains("/couplet-") && path.hasSuffix(" (deleted)")
          && !path.contains("-test-") && status.st_size == 64
      }
    }
    for (index, name) in [(0, "plain.csv"), (1, "typed.parquet"), (2, "typed.arrows")] {
      var reader = TableReader.all[index]
      for (limit, files) in [(63, 1), (64, 0)] {
        reader.memoryLimit = limit
        let file = try SampleFile("\(fixtures)/\(name):x1..x2")
        let source = try reader.read(file, .init()).settled(.init())
        #expect(try unnamed() == files, "\(name) \(limit)")
        #expect(try source.rows([3, 0]).array(Double.self) == [3.5, 4, 0.5, 1])
        #expect(try source.all().array(Double.self) == [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
      }
      #expect(try unnamed() == 0)
    }
    var reader = TableReader.all[1]
    reader.memoryLimit = 3
    for (member, what) in [("kind", "the texts of the column 'kind' take more")] {
      let file = try SampleFile("\(fixtures)/typed.parquet:\(member)")
      let failure = #expect(throws: Failure.self) { try reader.read(file, .init()) }
      #expect(failure?.what.contains(what) == true)
    }
    reader.memoryLimit = 5 * 5 * 8
    let tracks = try SampleFile("\(fixtures)/tracks.parquet:trajectory/time/lon,lat")
    let padded = try reader.read(tracks, .init()).settled(.init())
    #expect(try padded.rows([0]).array(Double.self) == [10, 0, 1, 11, 1, 1, 0, 0, 0])
    reader.memoryLimit -= 1
    #expect(throws: Failure.self) { try reader.read(tracks, .init()) }
    // The disk is looked at first.
    let failure = #expect(throws: Failure.self) {
      try DecodedTable(
        width: 1, isFloat32: true, expectedRows: 1 << 50, memoryLimit: 10, name: "t")
    }
    #expect(failure?.what.contains("of disk") == true)
  }

  @Test(arguments: ["ids.parquet", "ids.csv"], ["int64", "uint64", "coded", "float", "text"])
  func `trajectories are told apart whatever identifies them`(file: String, id: String) throws {
    let tracks = try read("\(file):\(id)/t/x")
    #expect(tracks.space == .real(shape: [2, 1]))
    #expect(try tracks.all().array(Double.self) == [3, 1, 4, 2])
  }

  @Test func `missing values are refused, filled or marked`() throws {
    let gap = "typed.parquet:gap"
    #expect { try read(gap) } throws: {
      "\($0)".contains("(row 1, column 'gap'): a value is missing")
    }
    #expect(try numbers(gap, SampleOptions(missing: .mean)) == [1, 3, 3, 5])
    #expect(try numbers(gap, SampleOptions(missing: .mask)) == [1, 0, 3, 1, 3, 0, 5, 0])
    #expect(try read(gap, SampleOptions(missing: .drop)).missingRows == [1])
    #expect(message("a,b\n1,2\n,3\n").contains("(row 1, column 'a'): a value is missing"))
  }

  @Test func `a first row is found to be a header`() throws {
    for (text, rows) in [
      ("a,b\n1,2\n3,4\n", 2), ("1.5,2\n3,4\n", 2), ("0,1,2,0\n5,6,7,1\n", 1), ("a,b\nc,d\n", 1),
      ("400,410\n0.5,0.25\n0.75,0\n", 2), ("3,7\n1,2\n5,9\n", 3), ("a,a\nb,c\n", 2),
    ] {
      let source = try csv(text, ":#1", SampleOptions(space: text.contains("c") ? .text : .real))
      #expect(source.count == rows, "\(text)")
    }
    let options = SampleOptions(hasHeader: false)
    #expect(try csv("0,1\n5,6\n", "", options).count == 2)
    #expect(message("a,b\n1,2\n", "", options).contains("invalid value 'a'"))
  }

  @Test func `an empty line in a table of one column is a missing value, not a shift`() throws {
    #expect(
      message("x\n0.5\n\n2.5\n", ":x", SampleOptions(hasHeader: true)).contains("row 1, column 'x'")
    )
  }

  @Test func `the index of pandas needs no name to be below a header`() throws {
    let table = try csv(",0,1,2\n0,0.5,0.25,1.5\n1,1.5,2.5,3.5\n", ":#2..#4")
    #expect(try table.all().array(Double.self) == [0.5, 0.25, 1.5, 1.5, 2.5, 3.5])
  }

  @Test func `a missing first value is no header`() throws {
    #expect(message("NA,1.5\n0.5,2.5\n").contains("row 0"))
  }

  @Test func `cells may stand between semicolons`() throws {
    #expect(try csv("a;b\n0.5;1\n1.5;2\n").space == .real(shape: [2]))
  }

  @Test func `more columns than a table can have are refused`() throws {
    #expect(message(String(repeating: "1,", count: 150_000) + "1\n").contains("at most 100000"))
  }

  @Test func `a name that occurs twice is given by place`() throws {
    let text = "0,1,0\n5.5,6,1\n7,8,0\n"
    #expect(try csv(text, ":#1..#2").all().array(Double.self) == [5.5, 6, 7, 8])
    #expect(
      message(text, ":0")
        == "t.csv: 2 columns have the name '0' — give one by its place: #1, #3")
  }

  @Test func `numbers may turn out to be fractions after the first block`() throws {
    let rows = 3_000_000
    let text = "x,y\n" + String(repeating: "1,\n", count: rows / 2) + "2.5,1\n"
    let scratch = try Scratch()
    try scratch.bytes("t.csv", Data((text + String(repeating: "3,1\n", count: rows)).utf8))
    let source = try SampleReaders.read("\(scratch.path)/t.csv:x", SampleOptions(space: .real))
    #expect(source.count == rows / 2 + 1 + rows)
    #expect(try source.rows([rows / 2]).array(Double.self) == [2.5])
  }

  @Test func `a long table is trajectories, sorted by time`() throws {
    let said = Mutex<[String]>([])
    let options = SampleOptions(report: { line in said.withLock { $0.append(line) } })
    let tracks = try read("tracks.parquet:trajectory/time/lon,lat", options)
    #expect(tracks.space == .real(shape: [3, 3]))
    #expect(
      try tracks.all().array(Double.self) == [
        10, 0, 1, 11, 1, 1, 0, 0, 0, 20, 0, 1, 21, 1, 1, 22, 2, 1,
      ])
    #expect(said.withLock { $0.count == 1 && $0[0].contains("2 to 3 observations are padded") })
    let equal = try csv("id,t,x\na,1,2.5\nb,1,7\na,0,1\nb,0,8\n", ":id/t/x")
    #expect(equal.space == .real(shape: [2, 1]))
    #expect(try equal.all().array(Double.self) == [1, 2.5, 8, 7])
    #expect(message("id,t,x\na,1,2\na,1,3\n", ":id/t/x").contains("two observations at one time"))
    for gap in ["", "NaN", "NA"] {
      #expect(
        message("id,t,x\n1,1,2\n\(gap),1,3\n", ":id/t/x").contains("(row 1): a value is missing"))
    }
  }

  @Test func `pairs with a missing value are left out, in line`() throws {
    let scratch = try Scratch()
    try scratch.bytes("u.csv", Data("a,b\n1.5,2\n,3\n4.5,5\n6.5,7\n".utf8))
    try scratch.bytes("v.csv", Data("name\ncat\ndog\ncat\n\"\"\n".utf8))
    let said = Mutex<[String]>([])
    let data = try DataSource.files([
      .init(.u, "\(scratch.path)/u.csv"), .init(.v, "\(scratch.path)/v.csv:name"),
    ]).read(DataOptions(space: ["v": .labels], missing: .drop)) { line in
      said.withLock { $0.append(line) }
    }
    #expect(try data.training.u.array(Double.self) == [1.5, 2, 4.5, 5])
    #expect(try data.training.v.array(Int.self) == [0, 0])
    #expect(said.withLock { $0.contains("2 of 4 pairs have a missing value and are left out") })
  }

  @Test func `columns that leak are warned of by name`() throws {
    let scratch = try Scratch()
    let rows = (0..<40).map { "\(Double($0) * 0.37),\($0 % 3)" }.joined(separator: "\n")
    try scratch.bytes("u.csv", Data("x,class\n\(rows)\n".utf8))
    let others = (0..<40).map { "\($0 % 3),\(Double($0) * 0.11)" }.joined(separator: "\n")
    try scratch.bytes("v.csv", Data("kind,y\n\(others)\n".utf8))
    func said(_ u: String, _ v: String) throws -> String {
      let said = Mutex("")
      _ = try DataSource.files([
        .init(.u, "\(scratch.path)/u.csv\(u)"), .init(.v, "\(scratch.path)/v.csv\(v)"),
      ]).read { line in said.withLock { $0 += line } }
      return said.withLock { $0 }
    }
    let both = try said("", "")
    #expect(both.contains("'class' of u may be labels among real numbers"))
    #expect(both.contains("the column 'kind' of v equals 'class' of u"))
    #expect(try said("", ":kind").contains("of v equals 'class' of u"))
    #expect(try !said(":x", ":y").contains("give"))
  }

  @Test func `damaged tables are one line`() throws {
    for (text, what) in [
      ("", "empty"), ("a,b\n", "row"), ("a,b\n1,2\n3\n", "Row #3"),
      ("a,b\n1,2\n3,inf\n", "infinite"),
    ] {
      let found = message(text)
      #expect(found.contains(what) && !found.contains("\n"), "\(found)")
    }
    let scratch = try Scratch()
    for file in ["typed.parquet", "typed.feather", "plain.csv.gz", "typed.arrows"] {
      let whole = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\(file)"))
      for length in [9, whole.count / 2, whole.count - 1] {
        try scratch.bytes(file, whole.prefix(length))
        let found = try #require(
          scratch.failure { try SampleReaders.read("\(scratch.path)/\(file):x1") },
          "\(file) \(length)")
        #expect(found.hasPrefix("DIR/\(file)") && !found.contains("\n"), "\(found)")
      }
    }
    try scratch.bytes("t.csv", Data("a\n\u{e9}\n".unicodeScalars.map { UInt8($0.value) }))
    #expect(
      try #require(scratch.failure { try SampleReaders.read("\(scratch.path)/t.csv") }).contains(
        "binary"))
  }

  @Test func `the files of a folder are one table`() throws {
    let scratch = try Scratch()
    func make(_ folder: String, _ files: [(String, String)]) throws -> String {
      try Folder.make("\(scratch.path)/\(folder)")
      for (name, text) in files { try scratch.bytes("\(folder)/\(name)", Data(text.utf8)) }
      return "\(scratch.path)/\(folder)"
    }
    let parts = try make(
      "parts",
      [
        ("part-10.csv", "id,a,b\nr,5,6.5\n"), ("part-2.csv", "id,a,b\np,1,2.5\nq,3,4.5\n"),
        ("_SUCCESS", ""), (".part-2.csv.crc", "x"),
      ])
    let source = try SampleReaders.read("\(parts):a,b", SampleOptions(space: .real))
    #expect(source.count == 3 && source.columns == ["a", "b"])
    #expect(try source.all().to(.float64).array(Double.self) == [1, 2.5, 3, 4.5, 5, 6.5])
    #expect(try source.rows([2, 0]).to(.float64).array(Double.self) == [5, 6.5, 1, 2.5])
    let ids = try SampleReaders.identifiers("id", of: "\(parts):a,b")
    #expect(ids.texts == ["p", "q", "r"])
    // Without names every first row is a sample.
    let bare = try make("bare", [("1.csv", "1.5,2.5\n"), ("2.csv", "3.5,4.5\n5.5,6.5\n")])
    let options = SampleOptions(space: .real, hasHeader: false)
    #expect(try SampleReaders.read(bare, options).all().shape == [3, 2])
    let other = try make("other", [("1.csv", "a,b\n1,2.5\n"), ("2.csv", "a,c\n3,4.5\n")])
    let failure = scratch.failure { try SampleReaders.read("\(other):a") }
    #expect(
      failure?.contains("other/2.csv: the columns are not those of") == true, "\(failure ?? "")")
    let gap = try make("gap", [("1.csv", "a,b\n1,2.5\n"), ("2.csv", "a,b\n3,\n")])
    #expect(scratch.failure { try SampleReaders.read("\(gap):a,b") }?.contains("row 1") == true)
  }

  @Test(arguments: ["typed.parquet", "typed.feather", "typed.arrows"])
  func `typed files of a folder follow one another`(file: String) throws {
    let scratch = try Scratch()
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\(file)"))
    try Folder.make("\(scratch.path)/shards")
    let suffix = file.split(separator: ".")[1]
    for part in 0..<3 { try scratch.bytes("shards/\(part).\(suffix)", whole) }
    let source = try SampleReaders.read("\(scratch.path)/shards:x1..x2")
    let expected = [0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]
    #expect(try source.all().to(.float64).array(Double.self) == expected + expected + expected)
    #expect(
      try SampleReaders.read("\(scratch.path)/shards:kind").space.labels?.names == ["cat", "dog"])
  }
}
