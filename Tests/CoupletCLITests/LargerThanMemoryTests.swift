import Files
import Foundation
import Scratch
import Testing
import Torch

/// Training reads the rows of a file, not the file: `make check-long` does the same with files of 20 GB.
struct LargerThanMemoryTests {
  private static let columns = 256
  /// 1 GB of numbers; no more, so that samples which repeat are looked for.
  private static let (tiles, tileRows) = (61, 16_000)

  private static var isPossible: Bool {
    let folder = FileManager.default.temporaryDirectory.path
    let free = try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize]
    return anonymousMemory(of: getpid()) != nil
      && (free as? NSNumber)?.intValue ?? 0 > 2_500_000_000
  }

  @Test(.enabled(if: isPossible, "needs /proc, and 2.5 GB of free disk"))
  func `training on 1 GB takes less than 256 MB beyond libtorch's own`() throws {
    let scratch = try Scratch()
    try writeRows(to: "\(scratch.path)/x.npy")
    let libtorch = try peak(of: "doctor", scratch)
    // One file for both sides: what is asked is what it leaves in memory, and half of it needs be written.
    // A tenth is trained on, for time; the rest is read in search of repeated samples, split and known again.
    let training = try peak(
      of: "train --u x.npy --v x.npy --encoder-u linear --encoder-v linear --batch 1024 --epochs 1 "
        + "--held-out 0.9 --validation 0 --threads 1 --out run -q", scratch)
    #expect(training - libtorch < 256_000_000, "\(training) beyond \(libtorch)")
  }

  /// Random rows, again and again, each time with larger first coordinates: none repeats.
  private func writeRows(to path: String) throws {
    let (columns, tiles, rows) = (Self.columns, Self.tiles, Self.tileRows)
    let description =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(tiles * rows), \(columns)), }"
    var header = Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(description.utf8))
    header.append(Data(repeating: UInt8(ascii: " "), count: 127 - header.count) + Data("\n".utf8))
    var tile = Tensor.normal([rows, columns], key: Key(0)).array(Float.self)
    try header.write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.seekToEnd()
    for _ in 0..<tiles {
      for row in 0..<rows { tile[row * columns] += 0.016 }
      try tile.withUnsafeBytes { try file.write(contentsOf: $0) }
    }
    try file.close()
  }

  /// The most anonymous memory, which no file stands behind, that a command holds at any time, in bytes.
  private func peak(of command: String, _ scratch: Scratch) throws -> Int {
    var peak = 0
    let result = try RunningCommand.run(
      command.split(separator: " ").map(String.init), in: URL(fileURLWithPath: scratch.path)
    ) { process in
      while process.isRunning {
        peak = max(peak, Self.anonymousMemory(of: process.processIdentifier) ?? 0)
        usleep(10_000)
      }
    }
    #expect(result.status == 0, "\(result.error)")
    try #require(peak > 0)
    return peak
  }

  /// Nil where the system does not tell.
  private static func anonymousMemory(of process: Int32) -> Int? {
    let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      .map { 1024 * $0 }
  }
}
