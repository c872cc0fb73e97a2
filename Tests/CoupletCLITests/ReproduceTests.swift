import Foundation
import Testing

/// What `couplet reproduce` leaves is a run to ask, and not one to repeat from its settings.
@Suite struct ReproduceTests {
  @Test("a run of an experiment is evaluated, not resumed, and is another run by its settings")
  func runsOfExperiments() throws {
    let folder = try ScratchFolder()
    let made = try folder.run("reproduce figure2 --quick --out made --quiet")
    #expect(made.status == 0, "\(made.error)")
    let run = "made/runs/planar-inner-product-two-sided"
    let evaluated = try folder.run("evaluate \(run) --json --quiet")
    #expect(evaluated.status == 0, "\(evaluated.error)")
    let refused = try folder.run("train --resume --epochs 9 --out \(run) --quiet")
    #expect(refused.status == 1)
    #expect(refused.error.contains("go on with couplet reproduce gaussian"), "\(refused.error)")
    let another = try folder.run("train --config \(run)/config.json --out another")
    #expect(
      another.status == 0 && another.error.contains("this is another run"), "\(another.error)")
    // Whose own settings say all.
    func settings(_ run: String) throws -> String {
      try String(contentsOf: folder.url.appending(path: "\(run)/config.json"), encoding: .utf8)
    }
    #expect(try settings(run).contains("\"experiment\" : \"gaussian\""))
    #expect(try !settings("another").contains("experiment"))
  }
}
