import Arguments
import CoupletCore
import Files
import Foundation
import Runs
import SampleReaders

/// `couplet doctor`: what this installation consists of, and what is missing.
enum Doctor {
  static let command = Command(
    "doctor", "Shows versions, threads and devices, and which optional parts are here or built in.",
    discussion: """
      Nothing that is listed as missing keeps the other parts from working. COUPLET_DATA names \
      the folder with data sets in which this command looks, and the tests too.
      """,
    examples: [.init("couplet doctor", "is everything here?")]
  ) { arguments in
    let common = try Common(arguments)
    try Console.show(Findings(all: findings()), as: common)
  }

  private struct Findings: CommandResult {
    let all: [Finding]

    func encode(to encoder: any Encoder) throws {
      try Named(all.map { ($0.key, $0.value) }).encode(to: encoder)
    }

    var text: String { all.map(line).joined() }
  }

  /// One thing that is here, or is not.
  struct Finding {
    let key: String
    let title: String
    /// Null when it is missing.
    let value: JSON
    /// What it is for and how to get it.
    let remedy: String
    /// What is said where it is missing.
    var absence = "missing"
  }

  private static func findings() -> [Finding] {
    [
      Finding(key: "couplet", title: "couplet", value: .string(CoupletVersion.current), remedy: ""),
      Finding(key: "swift", title: "Swift", value: .string(swiftVersion), remedy: ""),
      Finding(key: "libtorch", title: "libtorch", value: .string(Runtime.version), remedy: ""),
      Finding(
        key: "instructionSet", title: "instructions", value: .string(Runtime.instructionSet),
        remedy: ""),
      Finding(key: "threads", title: "threads", value: .integer(Runtime.threads), remedy: ""),
      Finding(
        key: "devices", title: "devices",
        value: .array(Device.available.map { .string($0.description) }), remedy: ""),
      Finding(key: "zlib", title: "zlib", value: .string(Zlib.version), remedy: ""),
      Finding(
        key: "gnuplot", title: "gnuplot", value: .optional(toolVersion("gnuplot")),
        remedy: "draws figures: apt-get install gnuplot-nox"),
      Finding(
        key: "mpi", title: "MPI", value: Communicator.isBuiltIn ? .string("built in") : .null,
        remedy: "trains over several processes: scripts/setup.sh --mpi, then make build",
        absence: "not built in"),
      dataFolder, mnist,
    ] + OptionalLibrary.all.map(finding)
  }

  /// A library is there once the command is built with it, whatever is installed.
  private static func finding(_ library: OptionalLibrary) -> Finding {
    let install = library.package.map { "apt-get install \($0), then " } ?? ""
    return Finding(
      key: library.name.lowercased(), title: library.name,
      value: library.isBuiltIn ? .string("built in") : .null,
      remedy: "\(library.use): \(install)make build", absence: "not built in")
  }

  private static var data: String? { ProcessInfo.processInfo.environment["COUPLET_DATA"] }

  private static var dataFolder: Finding {
    Finding(
      key: "data", title: "data", value: .optional(data.flatMap { isFolder($0) ? $0 : nil }),
      remedy: "set COUPLET_DATA to a folder that holds data sets")
  }

  private static var mnist: Finding {
    let folders = (data.map { ["\($0)/mnist"] } ?? []) + ["data/mnist"]
    return Finding(
      key: "mnist", title: "MNIST", value: .optional(folders.first(where: isFolder)),
      remedy: "real images to try: scripts/fetch-mnist.sh downloads them")
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// The compiler that built the command.
  private static var swiftVersion: String {
    #if compiler(>=6.4)
      "6.4 or later"
    #elseif compiler(>=6.3)
      "6.3"
    #elseif compiler(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }

  /// The last number in what `name --version` prints; nil when there is no such program.
  private static func toolVersion(_ name: String) -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name, "--version"]
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.split(separator: " ").drop { !($0.first?.isNumber ?? false) }
      .joined(separator: " ")
  }

  private static func line(_ finding: Finding) -> String {
    let title = finding.title + String(repeating: " ", count: max(1, 14 - finding.title.count))
    return title
      + (isMissing(finding.value) ? "\(finding.absence) — \(finding.remedy)" : text(finding.value))
      + "\n"
  }

  private static func isMissing(_ value: JSON) -> Bool {
    if case .null = value { true } else { false }
  }

  private static func text(_ value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .array(let values): values.map(text).joined(separator: ", ")
    default: value.text
    }
  }
}
