import Files
import Foundation
import SampleReaders
import Samples
import Simulators
import Testing

/// Whatever is wrong with what the command reads or writes: one line, status 1 or 64, and every file that was there
/// is as it was.
@Suite struct DamagedInputCommandTests {
  struct Case: CustomTestStringConvertible, Sendable {
    /// What is wrong.
    var what: String
    var command: String
    /// What the line must say, besides naming the file.
    var says: [String]
    var status: Int32 = 1
    /// Prepares the folder in which the command runs.
    var prepare: @Sendable (Sandbox) throws -> Void = { _ in }
    var testDescription: String { what }
  }

  /// A folder with good data of every kind.
  struct Sandbox {
    let scratch: ScratchFolder
    func path(_ name: String) -> String { scratch.path(name) }

    init() throws {
      scratch = try ScratchFolder()
      try FileManager.default.createDirectory(
        atPath: path("mnist"), withIntermediateDirectories: true)
      for (part, count) in [("train", 20), ("t10k", 10)] {
        try write(Sandbox.images(count), "mnist/\(part)-images-idx3-ubyte")
        try write(Sandbox.labels(count), "mnist/\(part)-labels-idx1-ubyte")
      }
      try write(Sandbox.npy((0..<40).map(Float.init), "(20, 2)"), "u.npy")
      try write(Sandbox.npy((0..<40).map { Float($0 * $0) }, "(20, 2)"), "v.npy")
    }

    func write(_ data: Data, _ name: String) throws {
      try data.write(to: URL(fileURLWithPath: path(name)))
    }

    /// Changes a file in place.
    func change(_ name: String, _ body: (inout Data) -> Void) throws {
      var data = try Data(contentsOf: URL(fileURLWithPath: path(name)))
      body(&data)
      try write(data, name)
    }

    static func images(_ count: Int) -> Data {
      Data([0, 0, 8, 3, 0, 0, 0, UInt8(count), 0, 0, 0, 28, 0, 0, 0, 28])
        + Data((0..<count * 784).map { UInt8($0 % 251) })
    }
    static func labels(_ count: Int) -> Data {
      Data([0, 0, 8, 1, 0, 0, 0, UInt8(count)]) + Data((0..<count).map { UInt8($0 % 10) })
    }
    /// A version-1 file of float32.
    static func npy(
      _ values: [Float], _ shape: String, descr: String = "<f4", fortran: Bool = false
    )
      -> Data
    {
      var header =
        "{'descr': '\(descr)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
      header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
      return Data([0x93] + "NUMPY".utf8 + [1, 0, 118, 0]) + Data(header.utf8)
        + values.withUnsafeBytes { Data($0) }
    }

    /// Every file with its bytes.
    func contents() throws -> [String: Data] {
      let names = try FileManager.default.subpathsOfDirectory(atPath: scratch.url.path)
      return try Dictionary(
        uniqueKeysWithValues: names.compactMap { name in
          // Says who wrote last, and nothing of the run.
          if name.hasSuffix("/.lock") { return nil }
          var isFolder: ObjCBool = false
          _ = FileManager.default.fileExists(atPath: path(name), isDirectory: &isFolder)
          return isFolder.boolValue
            ? nil : (name, try Data(contentsOf: URL(fileURLWithPath: path(name))))
        })
    }
  }

  private static let train = "train --data mnist:mnist --encoder-u lenet --epochs 1 --out run"
  private static let own = "train --u u.npy --v v.npy --epochs 1 --batch 8 --out run"

  /// The labels of the training pairs by gzip, cut off or with a byte changed.
  private static func gzipped(_ change: @escaping @Sendable (inout Data) -> Void)
    -> @Sendable (Sandbox) throws -> Void
  {
    { sandbox in
      let name = "mnist/train-labels-idx1-ubyte"
      try FileManager.default.removeItem(atPath: sandbox.path(name))
      // python3: gzip.compress(b"\0\0\x08\x01\0\0\0\x14" + bytes(k % 10 for k in range(20)), mtime=0)
      let text = "H4sIAAAAAAACA2Ng4GBkYGAQYWBkYmZhZWPn4ESwAPokwxEcAAAA"
      var data = try #require(Data(base64Encoded: text))
      change(&data)
      try sandbox.write(data, name + ".gz")
    }
  }

  static let cases: [Case] = [
    // MNIST's files
    Case(
      what: "gzip cut off", command: train, says: ["train-labels-idx1-ubyte.gz"],
      prepare: gzipped { $0.removeLast(12) }),
    Case(
      what: "gzip damaged", command: train, says: ["train-labels-idx1-ubyte.gz"],
      prepare: gzipped { $0[20] ^= 0x41 }),
    Case(
      what: "wrong magic", command: train, says: ["train-images-idx3-ubyte"],
      prepare: { try $0.change("mnist/train-images-idx3-ubyte") { $0[2] = 0x42 } }),
    Case(
      what: "more images said than there are", command: train, says: ["train-images-idx3-ubyte"],
      prepare: { try $0.change("mnist/train-images-idx3-ubyte") { $0[7] = 200 } }),
    Case(
      what: "fewer images said than there are", command: train, says: ["t10k-images-idx3-ubyte"],
      prepare: { try $0.change("mnist/t10k-images-idx3-ubyte") { $0[7] = 3 } }),
    Case(
      what: "more labels than images", command: train, says: ["20", "21", "train-"],
      prepare: { try $0.write(Sandbox.labels(21), "mnist/train-labels-idx1-ubyte") }),
    Case(
      what: "a label out of range", command: train, says: ["labels-idx1-ubyte", "77", "10"],
      prepare: { try $0.change("mnist/t10k-labels-idx1-ubyte") { $0[9] = 77 } }),
    Case(
      what: "a file missing", command: train, says: ["t10k-labels-idx1-ubyte"],
      prepare: {
        try FileManager.default.removeItem(atPath: $0.path("mnist/t10k-labels-idx1-ubyte"))
      }),
    // Arrays
    Case(
      what: "NaN in an array", command: own,
      says: ["u.npy", "missing (NaN)", "row 3, column 1", "--missing drop, mean or mask"],
      prepare: {
        try $0.write(
          Sandbox.npy((0..<40).map { $0 == 7 ? .nan : Float($0) }, "(20, 2)"), "u.npy")
      }),
    Case(
      what: "an array of objects", command: own, says: ["v.npy"],
      prepare: { try $0.write(Sandbox.npy([1, 2], "(2,)", descr: "|O"), "v.npy") }),
    Case(
      what: "an array cut off", command: own, says: ["v.npy"],
      prepare: { try $0.change("v.npy") { $0.removeLast(9) } }),
    Case(
      what: "arrays of different length", command: own, says: ["20", "19"],
      prepare: { try $0.write(Sandbox.npy((0..<38).map(Float.init), "(19, 2)"), "v.npy") }),
    Case(
      what: "no array at all", command: own, says: ["u.npy"],
      prepare: { try $0.write(Data("hello".utf8), "u.npy") }),
    Case(
      what: "an array that is a folder", command: "train --u mnist --v v.npy --out run",
      says: ["mnist"]),
    Case(
      what: "an array that is not there", command: "train --u none.npy --v v.npy --out run",
      says: ["none.npy"]),
    // Places to write
    Case(
      what: "a run inside a file", command: "train --u u.npy --v v.npy --epochs 1 --out u.npy/run",
      says: ["u.npy/run"]),
    Case(
      what: "pairs inside a file", command: "simulate gaussian-field --count 10 --out v.npy",
      says: ["v.npy"]),
    Case(
      what: "pairs beside another's", command: "simulate gaussian-field --count 10 --out .",
      says: ["another folder"]),
    Case(
      what: "a run where nothing can be made", command: "train --u u.npy --v v.npy --out /proc/run",
      says: ["/proc/run"]),
    // Runs
    Case(what: "a folder without a run", command: "evaluate mnist", says: ["config.json"]),
    Case(
      what: "a run whose settings are damaged", command: "evaluate run", says: ["config.json"],
      prepare: {
        try FileManager.default.createDirectory(
          atPath: $0.path("run"), withIntermediateDirectories: false)
        try $0.write(Data("{\"data\": 3}".utf8), "run/config.json")
      }),
    // Usage
    Case(
      what: "an encoder that does not fit", command: "\(own) --encoder-u lenet", says: ["lenet"],
      status: 64),
    Case(what: "half of the data", command: "train --u u.npy --out run", says: ["--v"], status: 64),
    Case(
      what: "an unknown kind of data", command: "train --data mnits:mnist --out run",
      says: ["mnits:mnist"]),
  ]

  private func expect(_ result: RunningCommand.Result, _ wrong: Case) {
    #expect(result.status == wrong.status, "\(result.error)")
    let errors = result.error.split(separator: "\n").filter { !isProgress($0) }
    #expect(errors.count == 1, "\(result.error)")
    #expect(errors.last?.hasPrefix("couplet: error: ") == true, "\(result.error)")
    for text in wrong.says { #expect(result.error.contains(text), "\(result.error)") }
    #expect(result.output.isEmpty)
  }

  /// What is said of the data and of the course of training.
  private func isProgress(_ line: Substring) -> Bool {
    line.hasPrefix("couplet: ") && !line.hasPrefix("couplet: error")
  }

  @Test(arguments: cases)
  func `one line, the right status, and nothing changed`(wrong: Case) throws {
    let sandbox = try Sandbox()
    try wrong.prepare(sandbox)
    let before = try sandbox.contents()
    expect(try RunningCommand.run(wrong.command, in: sandbox.scratch.url), wrong)
    #expect(try sandbox.contents() == before)
  }

  /// Fortran order and big-endian numbers are the same numbers: the same weights come out.
  @Test func `arrays in other orders are read as what they mean`() throws {
    let sandbox = try Sandbox()
    let values = (0..<40).map(Float.init)
    func trained(_ u: Data, _ run: String) throws -> Data {
      try sandbox.write(u, "u.npy")
      let line = "train --u u.npy --v v.npy --epochs 1 --batch 8 --out \(run)"
      #expect(try RunningCommand.run(line, in: sandbox.scratch.url).status == 0)
      return try Data(contentsOf: URL(fileURLWithPath: sandbox.path(run + "/model.safetensors")))
    }
    let plain = try trained(Sandbox.npy(values, "(20, 2)"), "plain")
    let columns =
      stride(from: 0, to: 40, by: 2).map { values[$0] }
      + stride(from: 1, to: 40, by: 2).map { values[$0] }
    #expect(try trained(Sandbox.npy(columns, "(20, 2)", fortran: true), "fortran") == plain)
    let swapped = values.map { Float(bitPattern: $0.bitPattern.byteSwapped) }
    #expect(try trained(Sandbox.npy(swapped, "(20, 2)", descr: ">f4"), "big") == plain)
  }

  /// Files that may not grow are a disk that is full: what was there stays, and the rest of it goes.
  @Test func `a full disk leaves what was there`() throws {
    let sandbox = try Sandbox()
    let simulate = "simulate gaussian-field --count 1000 --test 100 --out field"
    #expect(try RunningCommand.run(simulate, in: sandbox.scratch.url).status == 0)
    let before = try sandbox.contents()
    for line in [
      simulate + " --seed 1", "train --data gaussian-field:field --epochs 1 --batch 500 --out run",
    ] {
      let result = try limited(line, in: sandbox)
      #expect(result.status == 1, "\(line): \(result.error)")
      #expect(result.error.contains("couplet: error: cannot write"), "\(result.error)")
      let now = try sandbox.contents()
      for (name, data) in before { #expect(now[name] == data, "\(line): \(name)") }
      #expect(!now.keys.contains { $0.contains(".partial") || $0.contains(".incoming") })
    }
  }

  /// Runs the command with files of at most 1,024 bytes (two blocks).
  private func limited(_ line: String, in sandbox: Sandbox) throws -> RunningCommand.Result {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "trap '' XFSZ; ulimit -f 2; exec \(RunningCommand.executable.path) \(line)",
    ]
    process.currentDirectoryURL = sandbox.scratch.url
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let status =
      process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return .init(status: status, output: "", error: text)
  }

  /// The weights of one model in the run of another.
  @Test func `a run with another model's weights is refused`() throws {
    let sandbox = try Sandbox()
    for dimension in [2, 3] {
      let line = "\(Self.own)\(dimension) --dimension \(dimension)"
      #expect(try RunningCommand.run(line, in: sandbox.scratch.url).status == 0)
    }
    try FileManager.default.removeItem(atPath: sandbox.path("run2/model.safetensors"))
    try FileManager.default.copyItem(
      atPath: sandbox.path("run3/model.safetensors"),
      toPath: sandbox.path("run2/model.safetensors"))
    let before = try sandbox.contents()
    for (line, says, status) in [
      ("evaluate run2", "model.safetensors", Int32(1)),
      ("train --resume --out run3 --dimension 2", "dimension", 64),
    ] {
      let wrong = Case(what: "", command: line, says: [says], status: status)
      expect(try RunningCommand.run(line, in: sandbox.scratch.url), wrong)
    }
    #expect(try sandbox.contents() == before)
  }
}
