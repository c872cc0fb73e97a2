import Foundation

/// A folder for one test's files, removed with the value.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "files-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a name in the folder; with `bytes`, of a file that holds them.
  func file(_ name: String, _ bytes: Data? = nil) throws -> String {
    if let bytes { try bytes.write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
    return "\(path)/\(name)"
  }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}

func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }
