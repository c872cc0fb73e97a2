import Files
import Foundation

/// A folder for one test's files, removed with the value.
public final class Scratch {
  /// The folder, without a slash at its end.
  public let path: String

  /// A new, empty folder.
  public init() throws {
    path = NSTemporaryDirectory() + "couplet-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes `NAME.npy`.
  public func npy(_ name: String, _ array: NumericArray) throws {
    try Npy.write(array, to: "\(path)/\(name).npy")
  }

  /// Writes an IDX file of this name.
  public func idx(_ name: String, _ array: NumericArray) throws {
    try IDX.write(array, to: "\(path)/\(name)")
  }

  /// The path of a name in the folder; with `bytes`, of a file that holds them.
  public func file(_ name: String, _ bytes: Data? = nil) throws -> String {
    try bytes.map { try self.bytes(name, $0) }
    return "\(path)/\(name)"
  }

  /// Writes a file of this name.
  public func bytes(_ name: String, _ data: Data) throws {
    try data.write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// The text of the failure that `body` ends with, the folder's path written as DIR.
  public func failure(_ body: () throws -> some Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch {
      return "\(error)".replacingOccurrences(of: path, with: "DIR")
    }
  }
}
