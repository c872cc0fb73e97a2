import Files
import Foundation
import Testing

/// Values at and beyond the end of their range: one line, 1 or 64, at once, and nothing is taken or written.
@Suite struct ExtremeValuesTests {
  private static let most = Int.max

  private static func expect(_ result: RunningCommand.Result, _ says: String, _ line: String) {
    #expect([1, 64].contains(result.status), "\(line): \(result.status) \(result.error)")
    let errors = result.error.split(separator: "\n").filter { $0.hasPrefix("couplet: error: ") }
    let others = result.error.split(separator: "\n").filter { !$0.hasPrefix("couplet: ") }
    #expect(errors.count == 1 && others.isEmpty, "\(line): \(result.error)")
    #expect(result.error.contains(says), "\(line): \(result.error)")
  }

  @Test(arguments: [
    ("simulate gaussian-field --count \(most) --out new", "fewer"),
    ("simulate gaussian-field --count 1000000000000 --out new", "fewer"),
    ("simulate gaussian-field --count 10 --test \(most) --out new", "fewer"),
    ("simulate ocean --count \(most) --out new", "fewer"),
    ("simulate ocean --count 1000000000000 --out new", "fewer"),
    ("simulate ocean --count 10 --drifters \(most) --out new", "drifters"),
    ("simulate ocean --count 10 --steps \(most) --record-every 1 --out new", "steps"),
    ("train --u u.npy --v v.npy --dimension \(most) --out new", "--dimension"),
    ("train --u u.npy --v v.npy --encoder-u mlp:1000000,1000000 --out new", "memory"),
    ("train --u u.npy --v v.npy --batch \(most) --out new", "--batch"),
    ("train --u u.npy --v v.npy --epochs \(most) --out new", "--epochs"),
    ("train --u u.npy --v v.npy --threads \(most) --out new", "--threads"),
    ("train --u u.npy --v v.npy --reference-u queue:\(most) --out new", "--reference-u"),
    ("train --u u.npy --v labels.npy --space v=labels --out new", "labels.npy"),
    ("train --u u.npy --v unsigned.npy --space v=labels --out new", "unsigned.npy"),
    ("score --u u.npy --v u.npy --temperature 1e-320", "--temperature"),
    ("theory --covariance c.npy --u-dim \(most)", "--u-dim"),
    ("theory --covariance c.npy --u-dim 1 --rank \(most)", "--rank"),
    ("doctor --seed 18446744073709551616", "--seed"),
  ])
  func ofOptions(_ line: String, _ says: String) throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    func npy(_ descr: String, _ values: [some FixedWidthInteger], _ name: String) throws {
      let header = DamagedInputCommandTests.Sandbox.npy([], "(\(values.count),)", descr: descr)
      try sandbox.write(header + values.withUnsafeBytes { Data($0) }, name)
    }
    try npy("<f8", (0..<20).map { Double(Int.max - 511 - $0 % 2).bitPattern }, "labels.npy")
    try npy("<u8", (0..<20).map { UInt64(1) << 63 - 512 + $0 % 2 }, "unsigned.npy")
    try sandbox.write(
      DamagedInputCommandTests.Sandbox.npy([2, 1, 1, 2], "(2, 2)"), "c.npy")
    let before = try sandbox.contents()
    Self.expect(try RunningCommand.run(line, in: sandbox.scratch.url), says, line)
    #expect(try sandbox.contents() == before)
  }

  /// Numbers that no float32 holds, or whose steps come to nothing: a result or one line, never a trap.
  @Test(arguments: [
    "train --u u.npy --v v.npy --temperature 1e300",
    "train --u u.npy --v v.npy --temperature 1e-300",
    "train --u u.npy --v v.npy --learn-temperature --temperature 1e300 --temperature-bounds 1e300,1e301",
    "train --u u.npy --v v.npy --optimizer lbfgs --learning-rate 1e300",
    "train --u u.npy --v v.npy --weights 1e300,1", "train --u u.npy --v v.npy --clip 1e300",
    "sample run --of u --given 0 --method hmc --prior gaussian:0,1e300 --warm-up 8 --chains 4",
    "sample run --of u --given 0 --method hmc --prior gaussian:1e300,1 --warm-up 8 --chains 4",
    "sample run --of u --given 0 --method pcn --prior uniform:-1e300,1e300 --warm-up 8 --chains 4",
  ])
  func ofNumbers(_ line: String) throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    let options = "--encoder-u linear --encoder-v linear --dimension 2 --epochs 1 --batch 8"
    if line.hasPrefix("sample") {
      let run = try RunningCommand.run(
        "train --u u.npy --v v.npy \(options) --out run", in: sandbox.scratch.url)
      #expect(run.status == 0, "\(run.error)")
    }
    let rest = line.hasPrefix("sample") ? "--out draws.npy" : "\(options) --out new"
    let result = try RunningCommand.run("\(line) \(rest) -q", in: sandbox.scratch.url)
    #expect([0, 1, 64].contains(result.status), "\(line): \(result.status) \(result.error)")
    if result.status != 0 { Self.expect(result, "error", line) }
  }

  /// What a configuration says is held to what the options are held to, and to more.
  @Test(arguments: [
    ("\"batch\" : 8", "\"batch\" : 0", "(batch)"),
    ("\"epochs\" : 1", "\"epochs\" : -1", "(epochs)"),
    ("\"heldOut\" : 0.1", "\"heldOut\" : 1e300", "(heldOut)"),
    ("\"learningRate\" : 0.001", "\"learningRate\" : -1", "(learningRate)"),
    ("\"schedule\" : \"constant\"", "\"schedule\" : \"cosine:warmup=5\"", "warmup"),
    ("\"optimizer\" : \"adam\"", "\"optimizer\" : \"sgd:momentum=5\"", "momentum"),
    ("\"format\" : 3", "\"format\" : 99", "(format)"),
    ("\"version\" : \"0.1.0\"", "\"version\" : \"99.0.0\"", "(version)"),
    ("\"seed\" : 0", "\"seed\" : -1", "config.json"),
    ("\"seed\" : 0", "\"seeed\" : 0", "'seeed'"),
    ("\"seed\" : 0", "\"\\u001b[31m\" : 0", "u{1B}"),
    ("\"modality\" : \"u\"", "\"modality\" : \"q\"", "(sides)"),
  ])
  func ofAConfiguration(_ old: String, _ new: String, _ says: String) throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    let train = "train --u u.npy --v v.npy --batch 8 --epochs 1 --out run"
    #expect(try RunningCommand.run(train, in: sandbox.scratch.url).status == 0)
    try sandbox.change("run/config.json") {
      let text = String(decoding: $0, as: UTF8.self)
      #expect(text.contains(old), "\(text)")
      $0 = Data(text.replacing(old, with: new).utf8)
    }
    let before = try sandbox.contents()
    for line in [
      "evaluate run", "train --resume --out run", "train --config run/config.json --out new",
    ] {
      Self.expect(try RunningCommand.run(line, in: sandbox.scratch.url), says, line)
    }
    #expect(try sandbox.contents() == before)
  }

  /// Numbers in the record of a run at the ends of their range: a page is drawn, or one line says what is wrong.
  @Test func ofARecord() throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    let train = "train --u u.npy --v v.npy --batch 8 --epochs 2 --out run"
    #expect(try RunningCommand.run(train, in: sandbox.scratch.url).status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: sandbox.path("run/metrics.jsonl")))
    let text = String(decoding: whole, as: UTF8.self)
    for number in ["1e308", "-1e308", "5e-324", "0", "1e18", "9007199254740993"] {
      for key in ["loss", "temperature", "epoch", "seconds"] {
        let changed = text.replacing(
          try Regex("\"\(key)\":[-0-9.e]+"), with: "\"\(key)\":\(number)")
        try sandbox.write(Data(changed.utf8), "run/metrics.jsonl")
        let line = "evaluate run --diagnostics --report r.html -q"
        let result = try RunningCommand.run(line, in: sandbox.scratch.url)
        #expect(
          [0, 1].contains(result.status), "\(key) \(number): \(result.status) \(result.error)")
      }
    }
  }

  /// Pipes, devices and names that are not text are refused at once, and no name reaches the terminal as it is.
  @Test func ofFiles() throws {
    let sandbox = try DamagedInputCommandTests.Sandbox()
    #expect(mkfifo(sandbox.path("pipe"), 0o600) == 0)
    #expect(mkfifo(sandbox.path("mnist/pipe"), 0o600) == 0)
    try FileManager.default.removeItem(atPath: sandbox.path("mnist/t10k-labels-idx1-ubyte"))
    #expect(mkfifo(sandbox.path("mnist/t10k-labels-idx1-ubyte"), 0o600) == 0)
    for (line, says) in [
      ("train --u pipe --v v.npy --out new", "a pipe"),
      ("train --u u.npy --v /dev/zero --out new", "a device"),
      ("train --config pipe --out new", "a pipe"),
      ("train --data mnist:mnist --out new", "a pipe"),
      ("theory --covariance pipe --u-dim 1", "a pipe"),
      ("score --u pipe --v v.npy", "a pipe"),
    ] {
      Self.expect(try RunningCommand.run(line, in: sandbox.scratch.url), says, line)
    }
    let odd = try RunningCommand.run(
      ["train", "--u", "\u{1B}]0;title\u{7}\n.npy", "--v", "v.npy", "--out", "new"],
      in: sandbox.scratch.url)
    Self.expect(odd, "\\u{1B}]0;title\\u{7}\\n.npy", "a name with control characters")
    #expect(!odd.error.contains("\u{1B}"))
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = [
      "-c", "exec \(RunningCommand.executable.path) doctor --device \"$(printf 'a\\377')\"",
    ]
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationReason == .exit && shell.terminationStatus == 64)
  }
}
