import CoupletCore
import Files
import Foundation

/// A folder for one test's files, removed with the value.
final class Scratch {
  let path = NSTemporaryDirectory() + "couplet-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of an array written there.
  func array(_ name: String, _ tensor: Tensor) throws -> String {
    let file = "\(path)/\(name)"
    try Npy.write(tensor.numericArray, to: file)
    return file
  }
}

/// `what, place — remedy` of the failure that `body` throws; nil when it throws none.
func describe(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch let failure as Failure {
    return "\(failure.what) — \(failure.remedy)"
  } catch {
    return "\(error)"
  }
}
