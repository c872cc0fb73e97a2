import Files
import Foundation
import Scratch
import Testing
import Torch

/// A command beside other processes: two in one run, signals, readers that go away.
struct ProcessTests {
  private let scratch: Scratch

  init() throws {
    scratch = try Scratch()
    for (name, seed) in [("u", 0), ("v", 1)] {
      try scratch.npy(name, Tensor.normal([64, 3], key: Key(UInt64(seed))).numericArray)
    }
  }

  private static let training =
    "--u u.npy --v v.npy --encoder-u linear --encoder-v linear --threads 1 --batch 32"

  private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

  private func couplet(
    _ line: String, watch: (Process) throws -> Void = { _ in }
  ) throws -> RunningCommand.Result {
    try RunningCommand.run(words(line), in: URL(filePath: scratch.path), watch: watch)
  }

  /// What a shell says of a line with `couplet` in it.
  private func shell(_ line: String) throws -> (status: Int32, output: String) {
    let (process, pipe) = (Process(), Pipe())
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c", "couplet() { '\(RunningCommand.executable.path)' \"$@\"; }; " + line,
    ]
    process.currentDirectoryURL = URL(filePath: scratch.path)
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let signalled = process.terminationReason == .uncaughtSignal
    return (
      signalled ? -process.terminationStatus : process.terminationStatus,
      String(decoding: output, as: UTF8.self)
    )
  }

  private func wait(for file: String, _ process: Process) {
    while process.isRunning, access("\(scratch.path)/\(file)", F_OK) != 0 { usleep(5000) }
  }

  /// A training goes on for as long as others are tried beside it; SIGHUP ends it with a checkpoint.
  @Test func `a run in training is left alone, and saves a checkpoint when its terminal ends`()
    throws
  {
    #expect(try couplet("train \(Self.training) --epochs 2 --out run -q").status == 0)
    let result = try couplet("train \(Self.training) --epochs 1000000 --out long -q") { process in
      wait(for: "long/metrics.jsonl", process)
      let second = try couplet("train --resume --out long")
      #expect(second.status == 1)
      #expect(
        second.error.contains("another process (id \(process.processIdentifier) on ")
          && second.error.contains(") is training this run"), "\(second.error)")
      #expect(second.error.split(separator: "\n").count == 1, "\(second.error)")
      let other = try couplet("train \(Self.training) --epochs 2 --out long")
      #expect(other.status == 1 && other.error.contains("the folder already holds a run"))
      // Its weights so far, as if it had ended.
      try FileManager.default.copyItem(
        atPath: "\(scratch.path)/run/model.safetensors",
        toPath: "\(scratch.path)/long/model.safetensors")
      let page = try couplet("evaluate long --diagnostics --json")
      #expect(page.status == 0, "\(page.error)")
      #expect(try page.json()["pairs"] != nil)
      #expect(
        page.error.contains("warning: long: another process (id \(process.processIdentifier) on ")
          && page.error.contains("the page is left out — write it with --report FILE"))
      #expect(access("\(scratch.path)/long/report.html", F_OK) != 0)
      #expect(try couplet("evaluate long --report page.html").status == 0)
      #expect(access("\(scratch.path)/page.html", F_OK) == 0)
      #expect(process.isRunning)
      kill(process.processIdentifier, SIGHUP)
      kill(process.processIdentifier, SIGHUP)
    }
    #expect(result.status == 1)
    #expect(result.error.contains("a checkpoint is saved"), "\(result.error)")
  }

  @Test func `links in a run are replaced, and a report that the user typed is followed`() throws {
    #expect(try couplet("train \(Self.training) --epochs 2 --out run -q").status == 0)
    let names = ["report.html", "metrics.jsonl", "model.safetensors", "config.json", "data.json"]
    for name in names {
      try FileManager.default.moveItem(
        atPath: "\(scratch.path)/run/\(name)", toPath: "\(scratch.path)/outside-\(name)")
      symlink("../outside-\(name)", "\(scratch.path)/run/\(name)")
    }
    let before = try names.map { try contents("outside-\($0)") }
    #expect(try couplet("evaluate run --diagnostics").status == 0)
    #expect(try couplet("train --resume --out run").status == 0)
    #expect(try names.map { try contents("outside-\($0)") } == before)
    symlink("typed.html", "\(scratch.path)/link.html")
    #expect(try couplet("evaluate run --report link.html").status == 0)
    #expect(try contents("typed.html").count > 1000)
  }

  private func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: "\(scratch.path)/\(name)"))
  }

  @Test
  func
    `progress that nobody reads stops no training, and a result that nobody reads is no failure`()
    throws
  {
    let training = try shell(
      "(couplet train \(Self.training) --epochs 200 --out run > out; echo $? > status) 2>&1 | true")
    #expect(training.status == 0, "\(training.output)")
    while access("\(scratch.path)/status", F_OK) != 0 { usleep(10_000) }
    usleep(100_000)
    #expect(String(decoding: try contents("status"), as: UTF8.self) == "0\n")
    #expect(access("\(scratch.path)/run/report.html", F_OK) == 0)
    let result = try shell("couplet train --help | true; echo ${PIPESTATUS[0]}")
    #expect(result.output == "0\n")
  }

  @Test func `a limit of the size of files leaves the old file and one line`() throws {
    #expect(try couplet("train \(Self.training) --epochs 2 --out run -q").status == 0)
    try scratch.bytes("mean.npy", Data("old".utf8))
    let found = try shell(
      "ulimit -f 0; couplet sample run --of u --given 0 -q --mean mean.npy 2>&1 | cat; exit ${PIPESTATUS[0]}"
    )
    #expect(found.status == 1, "\(found.output)")
    #expect(found.output.contains("mean.npy — raise the file size limit"), "\(found.output)")
    #expect(found.output.split(separator: "\n").count == 1)
    #expect(try contents("mean.npy") == Data("old".utf8))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
        == ["mean.npy", "run", "u.npy", "v.npy"])
  }
}
