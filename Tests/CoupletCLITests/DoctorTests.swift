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
        "data", "mnist", "mpi", "arrow", "netcdf", "png", "jpeg",
      ])
    #expect(object["libtorch"] as? String == Runtime.version)
    #expect(object["threads"] as? Int == 1)
    #expect(object["devices"] as? [String] == Device.available.map(\.description))
    #expect(object["gnuplot"] is NSNull)
    #expect(object["data"] is NSNull)
  }

  /// Whatever tools are on the path: a library serves once it is linked, and only then.
  @Test("what is said to be built in reads files, what is not says what to install")
  func libraries() throws {
    let folder = try ScratchFolder()
    let samples = [
      ("arrow", [UInt8]("PAR1".utf8)), ("netcdf", [UInt8]("CDF\u{1}".utf8)),
    ]
    let text = try RunningCommand.run(["doctor"], environment: ["PATH": ""]).output
    let found = try RunningCommand.run(["doctor", "--json"], environment: ["PATH": ""]).json()
    for (name, magic) in samples {
      try Data(magic + [0, 0, 0, 0]).write(to: folder.url.appending(path: name))
      let result = try RunningCommand.run("theory --u \(name) --v \(name)", in: folder.url)
      #expect(result.status == 1)
      let isBuiltIn = found[name] as? String == "built in"
      #expect(result.error.contains("built") == !isBuiltIn, "\(result.error)")
      let line = try #require(text.split(separator: "\n").first { $0.lowercased().hasPrefix(name) })
      #expect(line.hasSuffix(isBuiltIn ? " built in" : "make build"), "\(line)")
    }
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
