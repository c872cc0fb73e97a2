import Files
import Foundation
import Samples
import Scratch
import Testing

@testable import SampleReaders

/// A process that decodes is given up when nothing comes of a file, and only then. In place of this program, the process is
/// a shell here.
struct DecodingProcessTests {
  private static let request = NetCDFRequest("m.h5", members: [nil], SampleOptions(space: .real))

  private func failure(_ script: String, limit: Double) throws -> Failure {
    let process = try DecodingProcess(
      "/bin/sh", ["-c", script], file: "m.h5", limit: limit)
    return try #require(throws: Failure.self) {
      try process.answer(to: Self.request) { _ in }
    }
  }

  @Test func `a file that is read for ever is given up`() throws {
    let folder = try Scratch()
    let failure = try failure("echo $$ > '\(folder.path)/id'; while :; do :; done", limit: 1)
    #expect(failure.description.hasPrefix("m.h5: the file is damaged"), "\(failure)")
    #expect(failure.what.contains("came to nothing for 1 seconds"), "\(failure)")
    let id = try String(contentsOfFile: "\(folder.path)/id", encoding: .utf8)
    let process = try #require(pid_t(id.trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(kill(process, 0) == -1 && errno == ESRCH, "it still runs")
  }

  /// Rows come ten times in 3 seconds: longer than the limit in all, and each sooner.
  @Test func `a file that is read slowly is not given up`() throws {
    let failure = try failure(
      "for i in 1 2 3 4 5 6 7 8 9 10; do printf row >&3; sleep 0.3; done", limit: 2)
    #expect(failure.what.contains("gave no answer"), "\(failure)")
  }

  @Test(arguments: [("kill -SEGV $$", "ended by signal 11"), ("exit 3", "ended with status 3")])
  func `how it ended is said`(script: String, text: String) throws {
    #expect(try failure(script, limit: 30).what.contains(text))
  }

  /// A minute for any file, and for one of 20 GB more than an hour.
  @Test func `large files have more time`() {
    #expect(DecodingProcess.limit(forBytes: 0) == 60)
    #expect(DecodingProcess.limit(forBytes: 20_000_000_000) == 4060)
  }
}
