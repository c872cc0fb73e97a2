import Files
import Foundation
import Testing
import Torch

/// `couplet evaluate --diagnostics --method`, and what `couplet sample` says of it beside draws.
@Suite struct DrawChecksTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.writePairs(1000, slope: 0.8, noise: 0.6)
  }

  /// Whitened encoders of a squared distance fitted by few steps of L-BFGS in the full batch reach the closed form.
  @Test("draws are checked, the run keeps it, and sample says it beside its draws")
  func kept() throws {
    let trained = try folder.run(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --tilting squared-distance "
        + "--loss u-given-v --optimizer lbfgs --learning-rate 1 --epochs 20 --batch 700 --test 0.3 --out run --quiet"
    )
    #expect(trained.status == 0, "\(trained.error)")
    let draw =
      "sample run --of u --given 0 --method pcn --prior gaussian:0,1 --warm-up 50 --count 9 --out d.npy"
    let before = try folder.run(draw)
    #expect(
      before.output.contains(
        "not calibrated: run couplet evaluate run --diagnostics --method pcn --of u --prior gaussian:0,1"
      ),
      "\(before.output)")
    let check = "--diagnostics --method pcn --of u --prior gaussian:0,1 --warm-up 400"
    let checked = try folder.run("evaluate run \(check) --json")
    #expect(checked.status == 0, "\(checked.error)")
    let found = try #require(
      (try checked.json()["draws"] as? [String: [String: Any]])?["u"])
    #expect(found["pairs"] as? Int == 256 && found["calibrated"] as? Bool == true, "\(found)")
    let after = try #require(
      try folder.run("\(draw) --json").json()["calibration"] as? [String: Any])
    #expect(after["p"] as? Double == found["p"] as? Double && after["calibrated"] as? Bool == true)
    // Another prior is another law.
    let other = try folder.run(draw.replacingOccurrences(of: "0,1", with: "0,2"))
    #expect(other.output.contains("not calibrated: run"), "\(other.output)")
    #expect(try folder.run(draw).output.contains("calibrated on 256 test pairs: p = "))
    // Other weights are another model.
    let model = folder.path("run/model.safetensors")
    let weights = try Safetensors.read(model)
    try Safetensors(
      weights.tensors().map { (name: $0.key, tensor: $0.value) },
      metadata: weights.metadata.merging(["changed": "1"]) { first, _ in first }
    ).write(to: model)
    #expect(try folder.run(draw).output.contains("not calibrated: run"))
  }

  @Test("draws that are too narrow are called so")
  func flagged() throws {
    let trained = try folder.run(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --tilting squared-distance "
        + "--temperature 0.02 --epochs 1 --batch 100 --test 0.3 --out run --quiet")
    #expect(trained.status == 0, "\(trained.error)")
    #expect(
      try folder.run("evaluate run --diagnostics --method hmc --warm-up 60").output.contains(
        "not calibrated: draws are too narrow"))
    let page = try String(
      contentsOf: folder.url.appending(path: "run/report.html"), encoding: .utf8)
    #expect(page.contains("Draws of chains") && page.contains("pairs) are too narrow (p = "))
    let sampled = try folder.run(
      "sample run --of u --given 0 --method hmc --warm-up 20 --count 9 --out d.npy")
    #expect(sampled.output.contains("not calibrated: draws are too narrow on 256 test pairs (p = "))
  }

  @Test("what cannot be checked is said in one line")
  func refused() throws {
    let trained = try folder.run(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --epochs 1 --out run --quiet"
    )
    #expect(trained.status == 0, "\(trained.error)")
    for (options, words) in [
      ("--method hmc", "add --diagnostics"),
      ("--diagnostics --prior gaussian:0,1", "none are"),
      ("--diagnostics --method hmc --prior gaussian:0,1", "say which by --of"),
      ("--diagnostics --method hmc --of w", "there is no modality"),
      ("--diagnostics --method hmc --of u --prior laplace:0,1", "is no prior"),
    ] {
      let result = try folder.run("evaluate run \(options) --quiet")
      #expect(result.status == 64 && result.error.contains(words), "\(options): \(result.error)")
      #expect(result.error.filter(\.isNewline).count == 1, "\(options)")
    }
  }
}
