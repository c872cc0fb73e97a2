import Foundation
import Testing

@testable import Files

/// A folder that a user named is made or replaced as a whole.
struct ExchangeTests {
  private let scratch: Scratch
  private var path: String { scratch.path + "/field" }

  init() throws { scratch = try Scratch() }

  private func write(_ text: String, to path: String? = nil) throws {
    try AtomicDirectory.exchange(path ?? self.path, holding: ["a", "b"]) { folder in
      try AtomicFile.write(Data(text.utf8), to: "\(folder)/a")
    }
  }

  private func failure(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return "\(error)".replacingOccurrences(of: scratch.path, with: "DIR") }
  }

  @Test func `a folder is made, and replaced with its mode kept`() throws {
    try write("1", to: path + "/deep/")
    try FileManager.default.removeItem(atPath: path)
    try write("1")
    chmod(path, 0o750)
    try AtomicFile.write(Data(), to: path + "/b")
    try write("2")
    #expect(try contents(path + "/a") == Data("2".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["a"])
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o750)
    symlink("field", scratch.path + "/link")
    try write("3", to: scratch.path + "/link")
    #expect(try contents(path + "/a") == Data("3".utf8))
    #expect(try scratch.names == ["field", "link"])
  }

  @Test func `a failure half-way leaves the old folder and nothing else`() throws {
    try write("1")
    #expect(
      failure {
        try AtomicDirectory.exchange(path, holding: ["a"]) { folder in
          try AtomicFile.write(Data(), to: "\(folder)/none/a")
        }
      }
        == "DIR/field: cannot write: No such file or directory — check the path; its folder must exist"
    )
    #expect(try contents(path + "/a") == Data("1".utf8))
    #expect(try scratch.names == ["field"])
  }

  @Test func `nothing of the user's is lost`() throws {
    try write("1")
    for name in [".new", ".old", ".partial"] { mkdir(path + name, 0o777) }
    try write("2")
    #expect(try scratch.names == ["field", "field.new", "field.old", "field.partial"])
    try AtomicFile.write(Data(), to: path + "/notes.txt")
    #expect(
      failure { try write("3") }
        == "DIR/field: the folder holds other files (notes.txt) — choose another folder")
    #expect(try contents(path + "/a") == Data("2".utf8))
    _ = try scratch.file("file", Data())
    #expect(
      failure { try write("3", to: scratch.path + "/file") }
        == "DIR/file: this is not a folder — choose another name")
    #expect(failure { try write("3", to: "/proc") } != nil)
  }

  @Test func `what killed processes left goes with the next writing`() throws {
    mkdir(scratch.path + "/.field.99999999.1.partial", 0o777)
    try write("1", to: scratch.path + "/.field.99999999.1.partial/inner")
    try write("1")
    #expect(try scratch.names == ["field"])
  }
}
