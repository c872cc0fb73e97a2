import Files
import Foundation
import SampleReaders
import Samples
import Testing

@Suite struct RegistryTests {
  @Test func aFileOfNoKnownFormatIsRefusedByName() throws {
    SampleReaders.register()
    let path = NSTemporaryDirectory() + "couplet-\(UUID().uuidString).xyz"
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: Failure.self) { try SampleFormats.read(path) }
  }
}
