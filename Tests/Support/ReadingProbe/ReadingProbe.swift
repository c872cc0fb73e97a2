import Files
import Foundation
import SampleReaders
import Samples

/// Reads the samples that each line of its input names, `MISSING FILE[:MEMBER]`, and answers `read`, or `refused` and the
/// failure, and a line with a dot: a process for scripts/mutate.py to feed.
@main
struct ReadingProbe {
  static func main() throws {
    while let line = readLine() {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      let missing = SampleOptions.MissingValues(rawValue: parts[0]) ?? .refuse
      do {
        let source = try SampleReaders.read(parts[1], SampleOptions(missing: missing))
        try source.forEachBlock(of: 1 << 12) { _, _ in }
        print("read \(source.count)")
      } catch let failure as Failure {
        print("refused \(failure)")
      }
      print(".")
      fflush(nil)
    }
  }
}
