import Files
import Foundation
import Testing
import Torch

/// Questions about a run whose v is a label with a name.
@Suite struct LabelAnswersTests {
  private let folder: ScratchFolder

  /// Three clouds that are far apart, so that one label carries all of the weight.
  init() throws {
    folder = try ScratchFolder()
    let places = (0..<240).map { $0 % 3 }
    let centres = Tensor([0.0, 0, 9, 0, 0, 9], shape: [3, 2], dtype: .float32)
    let u = centres.indexSelect(Tensor(places)) + Tensor.normal([240, 2], key: Key(3))
    try Npy.write(u.numericArray, to: folder.path("u.npy"))
    let lines = ["kind"] + places.map { ["ant", "bee", "cow"][$0] }
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: folder.path("kind.csv"), atomically: true, encoding: .utf8)
    let trained = try folder.run(
      "train --u u.npy --v kind.csv --for classification --encoder-u linear --lr 0.1 --epochs 20 --out run --quiet"
    )
    #expect(trained.status == 0, "\(trained.error)")
  }

  @Test func aLabelThatCarriesAllIsAnAnswer() throws {
    for line in ["retrieve run --of v --given 0,1,2", "sample run --of v --given 0 --out x.csv"] {
      let result = try folder.run(line)
      #expect(result.status == 0 && !result.error.contains("warning"), "\(result.error)")
    }
  }

  @Test func classesAreCalledByTheirNames() throws {
    let result = try folder.run("classify run --u u.npy -q")
    let words = result.output.split(separator: "\n").prefix(3).map {
      $0.split(separator: " ")[1]
    }
    #expect(words == ["ant", "bee", "cow"], "\(result.output.prefix(60))")
    let json = try folder.run("classify run --u u.npy --json -q").json()
    #expect(json["names"] as? [String] == ["ant", "bee", "cow"])
  }

  @Test func drawsAreCheckedOfWhatHasADensity() throws {
    let result = try folder.run("evaluate run --diagnostics --method pcn --warm-up 20")
    #expect(result.status == 0 && !result.error.contains("not checked"), "\(result.error)")
    #expect(result.output.contains("draws of u by pcn"))
  }
}
