import Files
import Samples

/// Texts, one per line, in UTF-8.
struct TextReader: SampleReader {
  var name: String { "text, one sample a line (.txt)" }
  var suffixes: [String] { [".txt"] }

  func recognizes(_ file: SampleFile) -> Bool { false }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    try file.requireNoMember()
    let lines = try MappedFile(file.path).withBytes { bytes in
      // A newline at the end ends the last line and begins no other.
      let text = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
      return try text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .enumerated().map { number, line in
          let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
          guard let string = String(validating: content, as: UTF8.self) else {
            throw Failure(
              "line \(number + 1) is not UTF-8", at: "\(file.path) (offset \(line.startIndex))",
              remedy: "save the file as UTF-8")
          }
          return string
        }
    }
    guard !lines.isEmpty, lines != [""] else {
      throw Failure("the file holds no text", at: file.path, remedy: "give one sample a line")
    }
    return .strings(lines, name: file.name)
  }
}
