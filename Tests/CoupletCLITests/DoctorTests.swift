import CoupletCore
import Foundation
import Testing

@Suite struct DoctorTests {
  @Test("the JSON names every part; a missing one is null")
  func json() throws {
    let folder = try ScratchFolder()
    let result = try RunningCommand.run(
      ["doctor", "--json", "--threads", "1"], in: folder.url,
      environment: ["PATH": "/usr/bin/none", "COUPLET_DATA": folder.path("none")])
    #expect(result.status == 0)
    #expect(result.error.isEmpty)
    let object = try result.json()
    #expect(
      Set(object.keys) == [
        "couplet", "swift", "libtorch", "instructionSet", "threads", "devices", "zlib", "gnuplot",
        "netcdf", "data", "mnist",
      ])
    #expect(object["libtorch"] as? String == Runtime.version)
    #expect(object["threads"] as? Int == 1)
    #expect(object["devices"] as? [String] == Device.available.map(\.description))
    #expect(object["gnuplot"] is NSNull)
    #expect(object["data"] is NSNull)
  }

  @Test("the text says how to get what is missing")
  func text() throws {
    let folder = try ScratchFolder()
    let result = try RunningCommand.run(
      ["doctor"], in: folder.url, environment: ["PATH": "", "COUPLET_DATA": folder.path("")])
    #expect(result.status == 0)
    #expect(
      result.output.contains(
        "gnuplot       missing — draws figures: apt-get install gnuplot-nox\n"))
    #expect(result.output.contains("data          \(folder.path(""))\n"))
    #expect(result.output.contains("libtorch      \(Runtime.version)\n"))
  }
}
