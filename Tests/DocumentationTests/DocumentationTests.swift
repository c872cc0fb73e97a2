import Foundation
import Testing

/// What the documentation claims holds: programs run, commands are understood, names and links exist.
@Suite struct DocumentationTests {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The contents of the fenced blocks of a language.
  static func blocks(_ language: String, in page: String) throws -> [String] {
    try text(page).components(separatedBy: "```\(language)\n").dropFirst()
      .map { $0.components(separatedBy: "```")[0] }
  }

  /// README and every page of docs.
  static let pages: [String] = {
    let names =
      (try? FileManager.default.subpathsOfDirectory(atPath: root.appending(path: "docs").path))
      ?? []
    return ["README.md", "CONTRIBUTING.md"]
      + names.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }.sorted()
  }()

  /// Runs a program that was built beside the tests.
  static func run(_ program: String, _ words: [String] = [], in folder: URL? = nil) throws -> (
    status: Int32, output: String
  ) {
    let beside =
      Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
      ?? Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    let process = Process()
    process.executableURL = beside.deletingLastPathComponent().appending(path: program)
    process.arguments = words
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  // MARK: Programs

  @Test func `README's program is the example, in at most fifteen lines`() throws {
    let blocks = try Self.blocks("swift", in: "README.md")
    #expect(blocks == [try Self.text("Examples/Field/main.swift")])
    #expect(blocks[0].split(separator: "\n").count <= 15)
  }

  /// The effective sample size of ν(v | u), in the last word, says that training has learned much: at the optimum,
  /// the information of 2.29 nats leaves about a tenth of the 10,000 candidates; without any, all of them.
  @Test func `README's program runs`() throws {
    let (status, output) = try Self.run("FieldExample")
    #expect(status == 0)
    let size = try #require(
      output.split(whereSeparator: \.isWhitespace).last.flatMap { Double($0) })
    #expect((20...4000).contains(size), "\(output)")
  }

  /// The point (0, 1) with noise 0.1: the angle is π/2 ± 0.1 up to the error of a short training.
  @Test func `the encoder of one's own finds the angle`() throws {
    let (status, output) = try Self.run("OwnEncoderExample")
    #expect(status == 0)
    let numbers = output.split { " ,\n".contains($0) }.compactMap { Double($0) }
    try #require(numbers.count == 2, "\(output)")
    #expect(abs(numbers[0] - .pi / 2) < 0.1, "\(output)")
    #expect((0.05...0.3).contains(numbers[1]), "\(output)")
  }

  // MARK: Commands

  /// Every line `couplet …` of a shell block is a command that parses: --help after it shows a help text, and
  /// the words before it are known options of that command.
  @Test func `the commands on the pages are understood`() throws {
    var seen = 0
    for page in Self.pages {
      for block in try Self.blocks("sh", in: page) {
        for line in block.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
        where line.hasPrefix("couplet ") {
          let words = line.split(separator: "#")[0].split(separator: " ").dropFirst().map(
            String.init)
          let (status, output) = try Self.run("couplet", words + ["--help"])
          #expect(status == 0 && output.contains("usage: "), "\(page): \(line)")
          for word in words where word.hasPrefix("--") {
            #expect(output.contains(word), "\(page): \(line): no \(word)")
          }
          seen += 1
        }
      }
    }
    #expect(seen > 0)
  }

  @Test func `the targets of make on the pages exist`() throws {
    let makefile = try Self.text("Makefile")
    for page in Self.pages {
      for line in try Self.blocks("sh", in: page).joined().split(separator: "\n")
      where line.hasPrefix("make ") {
        let target = line.split(separator: " ")[1]
        #expect(makefile.contains("\n\(target):"), "\(page): \(line)")
      }
    }
  }

  // MARK: Traps

  /// `precondition` and its kin lose their message in release builds; `require` and `fatalError` keep it.
  @Test func `no trap loses its message`() throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: Self.root.path + "/Sources")
      .filter { $0.hasSuffix(".swift") }
    #expect(!names.isEmpty)
    for name in names {
      let calls = try Self.text("Sources/\(name)")
        .matches(of: /\b(?:precondition|assert|preconditionFailure|assertionFailure)\(/)
      #expect(calls.isEmpty, "\(name)")
    }
  }

  // MARK: Names and links

  @Test func `links lead somewhere`() throws {
    for page in Self.pages {
      let folder = Self.root.appending(path: page).deletingLastPathComponent()
      for match in try Self.text(page).matches(of: /\]\(([^)#]+)(?:#[^)]*)?\)/) {
        let target = String(match.1)
        if target.contains("://") { continue }
        let path = folder.appending(path: target).standardizedFileURL.path
        #expect(FileManager.default.fileExists(atPath: path), "\(page): \(target)")
      }
    }
  }

  /// Every code name of the table is declared somewhere in Sources.
  @Test func `the notation's names exist`() throws {
    let sources = try FileManager.default.subpathsOfDirectory(atPath: Self.root.path + "/Sources")
      .filter { $0.hasSuffix(".swift") }.map { try Self.text("Sources/\($0)") }.joined()
    let names = try Self.text("docs/notation.md").split(separator: "\n")
      .filter { $0.hasPrefix("|") }
      .flatMap { $0.split(separator: "|").dropFirst(2).prefix(1) }
      .flatMap { $0.matches(of: /`([^`]+)`/).map { String($0.1) } }
      .flatMap { $0.split { !($0.isLetter || $0.isNumber) } }
    #expect(names.count > 30)
    for name in Set(names) {
      let declaration = try Regex(
        "(struct|enum|class|protocol|func|let|var|case|init)[ (]\(name)\\b|\\b\(name):|, \(name)\\b"
      )
      #expect(sources.contains(declaration), "\(name)")
    }
  }
}
