import Foundation

/// A folder for one test's files, removed with the value.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "sample-readers-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name in the folder; with `bytes`, of a file that holds them.
  func file(_ name: String, _ bytes: Data? = nil) throws -> String {
    if let bytes { try bytes.write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
    return "\(path)/\(name)"
  }
}

/// The path of a file that Fixtures/make_arrays.py wrote.
func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/\(name)"
}
