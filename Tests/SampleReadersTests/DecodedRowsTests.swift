import Dispatch
import Files
import Foundation
import Synchronization
import Testing

@testable import SampleReaders

/// What is decoded to memory, to the disk, and to the disk of another process.
@Suite struct DecodedRowsTests {
  /// Two threads that tell each other a text, as two processes do.
  private final class Rendezvous: Sendable {
    private let text = Mutex("")
    private let told = DispatchSemaphore(value: 0), heard = DispatchSemaphore(value: 0)

    func sharing(writes: Bool) -> ScratchSharing {
      ScratchSharing(writes: writes, memory: 1000) { [self] own in
        if writes {
          text.withLock { $0 = own }
          told.signal()
          heard.wait()
          return own
        }
        told.wait()
        defer { heard.signal() }
        return text.withLock { $0 }
      }
    }
  }

  private static func decoded(rows: Int, of row: [UInt8]) throws -> [UInt8] {
    let decoded = try DecodedRows(rowBytes: row.count)
    for _ in 0..<rows { try row.withUnsafeBytes { try decoded.append($0) } }
    return try decoded.finish().withBytes { Array($0) }
  }

  /// Few rows stay in the memory of each; more lie in the file of the first.
  @Test(arguments: [3, 400])
  func whatOneWritesTheOtherMaps(rows: Int) throws {
    let meeting = Rendezvous()
    let found = Mutex<[Bool: [UInt8]]>([:])
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      // Both decode as many bytes; those of the one that does not write are told apart.
      let row = [UInt8](repeating: index == 0 ? 7 : 9, count: 10)
      let bytes = ScratchSharing.$current.withValue(meeting.sharing(writes: index == 0)) {
        try? Self.decoded(rows: rows, of: row)
      }
      found.withLock { $0[index == 0] = bytes }
    }
    let all = found.withLock { $0 }
    #expect(all[true] == [UInt8](repeating: 7, count: 10 * rows))
    #expect(all[false] == [UInt8](repeating: rows == 3 ? 9 : 7, count: 10 * rows))
  }
}
