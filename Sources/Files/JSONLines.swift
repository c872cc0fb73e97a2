import Foundation

/// A file with a value as JSON in each line: what grows by a line at a time, and is read again to go on.
///
/// ```swift
/// let trials = JSONLines<Trial>("tune/trials.jsonl")
/// try trials.write([first])
/// try trials.append([second])
/// try trials.read().count   // 2
/// ```
package struct JSONLines<Value: Codable & Sendable> {
  private let path: String

  package init(_ path: String) { self.path = path }

  /// The values; none where there is no file yet.
  /// - Throws: `Failure` naming the line that is damaged.
  package func read() throws -> [Value] {
    let decoder = JSONDecoder()
    return try lines().enumerated().map { number, line in
      do {
        return try decoder.decode(Value.self, from: Data(line.utf8))
      } catch {
        throw Failure("line \(number + 1) is damaged", at: path, remedy: "delete that line")
      }
    }
  }

  /// Replaces all lines.
  /// - Throws: `Failure` when the file cannot be written.
  package func write(_ values: [Value]) throws { try write(lines: values.map(Self.line)) }

  /// Adds lines; those that are there stay as they are.
  /// - Throws: `Failure` when the file cannot be read or written.
  package func append(_ values: [Value]) throws {
    try write(lines: try lines() + values.map(Self.line))
  }

  private func lines() throws -> [String] {
    guard let data = try WholeFile.readIfPresent(path) else { return [] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func write(lines: [String]) throws {
    try AtomicFile.write(Data(lines.map { $0 + "\n" }.joined().utf8), to: path)
  }

  private static func line(_ value: Value) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
