import Files
import Foundation

/// The gnuplot program.
struct Gnuplot {
  private let executable: URL

  /// The program found in the directories of `path`, the value of the environment variable PATH.
  init(path: String? = ProcessInfo.processInfo.environment["PATH"]) throws {
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
  /// The three streams are files, since with pipes each side may wait for the other: gnuplot
  /// draws while it still reads.
  func output(of script: String) throws -> Data {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "couplet-figure-\(UUID().uuidString)")
    let streams = ["script", "image", "messages"].map { folder.appending(path: $0) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(script.utf8).write(to: streams[0])
      for stream in streams[1...] { try Data().write(to: stream) }
    } catch {
      throw Failure(
        "cannot write temporary files (\(error.localizedDescription))", at: folder.path,
        remedy: "make room there or set TMPDIR to a writable directory")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let status = try run(reading: streams[0], writing: streams[1], streams[2])
    let messages = try String(decoding: Data(contentsOf: streams[2]), as: UTF8.self)
    let image = try Data(contentsOf: streams[1])
    guard status == 0, !image.isEmpty else {
      let said = messages.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty && $0 != "^" }.suffix(2).joined(separator: " | ")
      throw Failure(
        "gnuplot failed with status \(status): \(said.isEmpty ? "no message" : said)",
        at: executable.path, remedy: "install gnuplot 5.4 or newer with the pngcairo terminal")
    }
    return image
  }

  private func run(reading script: URL, writing image: URL, _ messages: URL) throws -> Int32 {
    let process = Process()
    process.executableURL = executable
    process.arguments = ["--default-settings", "-"]
    process.environment = ProcessInfo.processInfo.environment.filter {
      !$0.key.hasPrefix("GNU") && !$0.key.hasPrefix("LC_") && $0.key != "LANG"
    }
    do {
      process.standardInput = try FileHandle(forReadingFrom: script)
      process.standardOutput = try FileHandle(forWritingTo: image)
      process.standardError = try FileHandle(forWritingTo: messages)
      try process.run()
    } catch {
      throw Failure(
        "gnuplot does not start (\(error.localizedDescription))", at: executable.path,
        remedy: "reinstall gnuplot-nox (apt-get install gnuplot-nox)")
    }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
