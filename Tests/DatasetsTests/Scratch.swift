import Files
import Foundation

/// A folder for one test's files, removed with the value.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "datasets-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func npy(_ name: String, _ array: NumericArray) throws {
    try Npy.write(array, to: "\(path)/\(name).npy")
  }

  func idx(_ name: String, _ array: NumericArray) throws {
    try IDX.write(array, to: "\(path)/\(name)")
  }

  func bytes(_ name: String, _ data: Data) throws {
    try data.write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// The text of the failure that `body` ends with, the folder's path written as DIR.
  func failure(_ body: () throws -> some Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch {
      return "\(error)".replacingOccurrences(of: path, with: "DIR")
    }
  }
}
