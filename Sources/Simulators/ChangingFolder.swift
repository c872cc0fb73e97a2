import Files
import Foundation

/// Makes, moves or removes what is in a folder.
/// - Throws: `Failure` with the folder, for whatever the system refuses.
func changing(_ folder: String, _ body: (FileManager) throws -> Void) throws {
  do {
    try body(.default)
  } catch {
    throw Failure(
      "the folder cannot be made or written", at: folder,
      remedy: "choose a folder that can be written")
  }
}
