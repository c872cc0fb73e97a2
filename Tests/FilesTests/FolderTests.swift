import Files
import Foundation
import Testing

@Suite struct FolderTests {
  @Test(arguments: [
    ("a/b/c", "c", "a/b"), ("c", "c", "."), ("/a", "a", "/"), ("a/b/", "b", "a"), ("/", "/", "/"),
    ("a//b", "b", "a"), ("//a", "a", "/"), ("é", "é", "."), ("", "", "."), (".", ".", "."),
    ("..", "..", "."), ("a/é/1", "1", "a/é"),
  ])
  func aPathIsANameInAFolder(_ path: String, _ name: String, _ parent: String) {
    #expect(Folder.name(of: path) == name)
    #expect(Folder.parent(of: path) == parent)
  }

  /// A name of one letter, for which Foundation's own functions end the program.
  @Test func aNameOfOneLetterIsWritten() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/couplet-\(UUID().uuidString)"
    try Folder.make(folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try AtomicFile.write(Data([7]), to: folder + "/3")
    #expect(try WholeFile.read(folder + "/3") == Data([7]))
    #expect(try Folder.names(in: folder) == ["3"])
  }
}
