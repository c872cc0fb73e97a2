import Files
import Foundation
import Testing

/// Small files that claim, or hold, far more than is stored.
@Suite struct BombTests {
  /// A member of gzip with 1 MB of zeros in 1 KB, as often as asked for: any number of them are one file.
  private static func gzip(_ start: Data, zeros: Int) throws -> Data {
    // python3: gzip.compress(bytes(1 << 20), mtime=0), whose stream is 1,000 bytes of one pattern.
    let folder = try ScratchFolder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "cat > start; gzip -n start; head -c 1048576 /dev/zero | gzip -n > zeros.gz",
    ]
    process.currentDirectoryURL = folder.url
    let input = Pipe()
    process.standardInput = input
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: start)
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    let member = try Data(contentsOf: URL(fileURLWithPath: folder.path("zeros.gz")))
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("start.gz")))
    for _ in 0..<zeros { bytes += member }
    return bytes
  }

  private static func idx(_ extents: [UInt32]) -> Data {
    extents.reduce(Data([0, 0, 8, UInt8(extents.count)])) {
      $0 + withUnsafeBytes(of: $1.bigEndian) { Data($0) }
    }
  }

  @Test func whatIsPromisedIsHeldAgainstTheMemory() throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    let (large, small) = (Self.idx([1 << 22, 1 << 10, 1 << 10]), Self.idx([64, 128, 128]))
    try sandbox.write(try Self.gzip(large, zeros: 8), "bomb.idx.gz")
    try FileManager.default.removeItem(atPath: sandbox.path("mnist/train-images-idx3-ubyte"))
    try sandbox.write(
      try Self.gzip(large, zeros: 8), "mnist/train-images-idx3-ubyte.gz")
    for line in [
      "score --u bomb.idx.gz --v bomb.idx.gz", "train --data mnist:mnist --epochs 1 --out run",
    ] {
      let result = try RunningCommand.run(line, in: sandbox.scratch.url)
      #expect(result.status == 1 && result.error.contains("idx"), "\(result.error)")
      #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }
    // What is as promised is read, and said.
    try sandbox.write(try Self.gzip(small, zeros: 1), "small.idx.gz")
    let result = try RunningCommand.run(
      "theory --u small.idx.gz --v small.idx.gz", in: sandbox.scratch.url)
    #expect(result.error.contains("more than 200 times as much"), "\(result.error)")
  }

  @Test func aLongTableOfFewBytesIsSaid() throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    let rows = String(repeating: "0,0\n", count: 1 << 20)
    let folder = try ScratchFolder()
    try Data(rows.utf8).write(to: URL(fileURLWithPath: folder.path("t.csv")))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-9", folder.path("t.csv")]
    try process.run()
    process.waitUntilExit()
    try sandbox.write(
      try Data(contentsOf: URL(fileURLWithPath: folder.path("t.csv.gz"))), "t.csv.gz")
    let result = try RunningCommand.run("theory --u t.csv.gz --v t.csv.gz", in: sandbox.scratch.url)
    #expect(result.status == 1)
    #expect(result.error.contains("more than 200 times as much"), "\(result.error)")
  }

  /// A name as long as a file: cut.
  @Test func aHeaderWithoutEndIsCut() throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    let name = String(repeating: "x\u{1B}", count: 50_000)
    try sandbox.write(Data("\"\(name)\",b\n1,2\nz,3\n".utf8), "t.csv")
    for member in ["", ":a", ":#1"] {
      let result = try RunningCommand.run(
        "score --u t.csv\(member) --v t.csv\(member)", in: sandbox.scratch.url)
      #expect(result.status == 1 && result.error.count < 2500, "\(result.error.prefix(3000))")
      #expect(!result.error.contains("\u{1B}"))
    }
  }
}
