import Files
import Foundation

/// The gnuplot program.
struct Gnuplot {
  private let executable: URL
  /// Seconds after which a drawing has gone wrong.
  private let limit: Double

  /// The program found in the directories of `path`, the value of the environment variable PATH.
  init(
    path: String? = ProcessInfo.processInfo.environment["PATH"], limit: Double = 120
  ) throws {
    self.limit = limit
    let candidates = (path ?? "").split(separator: ":").map {
      URL(fileURLWithPath: String($0)).appending(path: "gnuplot")
    }
    guard
      let found = candidates.first(where: {
        FileManager.default.isExecutableFile(atPath: $0.path)
      })
    else {
      throw Failure(
        "gnuplot not found", at: "PATH",
        remedy: "install gnuplot-nox (apt-get install gnuplot-nox)")
    }
    executable = found
  }

  /// What the program prints on its standard output when it runs `script`.
  ///
  /// The three streams are files, since with pipes each side may wait for the other: gnuplot draws while it still
  /// reads. They have no names, so that nothing is left of them, however the two processes end.
  func output(of script: String) throws -> Data {
    let (input, image, messages) = try (
      ScratchFile(expecting: 0), ScratchFile(expecting: 0), ScratchFile(expecting: 0)
    )
    try Data(script.utf8).withUnsafeBytes { try input.write($0) }
    let status = try run([input, image, messages])
    let drawing = try Self.contents(image)
    guard status == 0, !drawing.isEmpty else {
      let said = String(decoding: try Self.contents(messages), as: UTF8.self).split(separator: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && $0 != "^" }.suffix(2).joined(separator: " | ")
      throw Failure(
        "gnuplot failed with status \(status): \(said.isEmpty ? "no message" : said)",
        at: executable.path, remedy: "install gnuplot 5.4 or newer with the pngcairo terminal")
    }
    return drawing
  }

  private static func contents(_ file: ScratchFile) throws -> Data {
    try file.mapped().withBytes { Data($0) }
  }

  /// Runs the program with its three streams, and waits for its end.
  /// - Returns: its status, or 128 and the signal that ended it.
  private func run(_ streams: [ScratchFile]) throws -> Int32 {
    let copies = streams.map { $0.duplicate(from: 3) }
    defer { for copy in copies where copy >= 0 { close(copy) } }
    guard copies.allSatisfy({ $0 >= 0 }) else {
      throw Failure.system("gnuplot does not start", at: executable.path, code: EMFILE)
    }
    // The script was written with the same position in the file.
    lseek(copies[0], 0, SEEK_SET)
    let process = try start(copies)
    switch ChildProcess.wait(for: process, limit: limit) {
    case .status(let status): return status
    case .signal(let signal): return 128 + signal
    case .killed:
      throw Failure(
        "gnuplot was still drawing after \(Int(limit.rounded(.up))) seconds", at: executable.path,
        remedy: "try it by hand (gnuplot --version), or reinstall gnuplot-nox")
    }
  }

  private func start(_ streams: [Int32]) throws -> pid_t {
    try ChildProcess.start(
      executable.path, ["--default-settings", "-"],
      environment: ProcessInfo.processInfo.environment.filter {
        !$0.key.hasPrefix("GNU") && !$0.key.hasPrefix("LC_") && $0.key != "LANG"
      },
      streams: streams.enumerated().map { (Int32($0), $1) }
    ) { .system("gnuplot does not start", at: executable.path, code: $0) }
  }
}
