import Foundation

@testable import Files

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

/// The path of a file that Fixtures/make_fixtures.py wrote.
func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/\(name)"
}

/// An npy file of this header and these elements' bytes.
func npy(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> Data {
  let count = UInt8(header.utf8.count)
  let length = version == 1 ? [count, 0] : [count, 0, 0, 0]
  return Data(Npy.magic + [version, 0] + length + header.utf8 + elements)
}

/// A safetensors file of this header and this many bytes of data.
func safetensors(_ header: String, _ count: Int) -> Data {
  var data = Data()
  data.append(littleEndian: UInt64(header.utf8.count))
  return data + header.utf8 + Data(count: count)
}

func gzip(_ bytes: [UInt8]) throws -> Data { try Deflater.deflate([Data(bytes)], format: .gzip) }
