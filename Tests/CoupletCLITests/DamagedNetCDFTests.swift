import Files
import Foundation
import Testing
import Torch

/// The command reads NetCDF and HDF5 files in a process of its own, which alone is lost with a damaged one.
@Suite struct DamagedNetCDFTests {
  private static let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/formats/pairs.h5")

  /// Damage all over a file of HDF5: a line each time, and never a signal.
  @Test(arguments: 0..<40)
  func everyDamageIsALine(_ number: Int) throws {
    let folder = try ScratchFolder()
    var bytes = try Data(contentsOf: Self.fixture)
    var key = Key(UInt64(number))
    // The structure of the file is in its first bytes, and the numbers are behind.
    for place in Tensor.integers(0..<min(4096, bytes.count), shape: [6], key: key).array(Int.self) {
      key = key.folded(with: place)
      bytes[place] ^= UInt8(1 << (place % 8))
    }
    try bytes.write(to: URL(fileURLWithPath: folder.path("m.h5")))
    for member in [":/group/u", ":/group/v", ""] {
      let result = try RunningCommand.run(
        "score --u m.h5\(member) --v m.h5\(member)", in: folder.url)
      #expect([0, 1, 64].contains(result.status), "\(result.status) \(result.error)")
      let errors = result.error.split(separator: "\n").filter { $0.hasPrefix("couplet: error: ") }
      #expect(errors.count == (result.status == 0 ? 0 : 1), "\(result.error)")
    }
  }

  /// It is no command, and ends when nobody asks it anything.
  @Test func theProcessIsNoCommand() throws {
    let folder = try ScratchFolder()
    let alone = try RunningCommand.run(["__decode-netcdf", "{}"], in: folder.url)
    #expect([0, 1].contains(alone.status))
    #expect(try RunningCommand.run(["__decode-netcdf"], in: folder.url).status == 64)
    #expect(try !RunningCommand.run(["--help"], in: folder.url).output.contains("netcdf"))
  }
}
