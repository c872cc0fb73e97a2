import Files
import Foundation
import Testing
import Torch

/// `couplet sample --method hmc` and `pcn`, and a normalised loss, as a user runs them.
@Suite struct SampleChainsTests {
  private let folder: ScratchFolder

  /// A run whose score is trained a little: what chains do is tested where they are.
  init() throws {
    folder = try ScratchFolder()
    try folder.writePairs(300, noise: 0.5)
    let trained = try folder.run(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 "
        + "--tilting inner-product --loss sigmoid --epochs 3 --batch 100 --out run --quiet")
    #expect(trained.status == 0, "\(trained.error)")
  }

  private func sample(_ options: String) throws -> RunningCommand.Result {
    try folder.run("sample run --of u --given 0,1 \(options)")
  }

  @Test(
    "draws in the asked number, within the prior, the same by the same seed",
    arguments: ["hmc", "pcn"])
  func draws(_ method: String) throws {
    let options =
      "--method \(method) --prior uniform:-1,1 --count 90 --chains 8 --warm-up 60 --out draws.npy "
      + "--mean mean.npy --covariance covariance.npy --json --seed 3"
    let result = try sample(options)
    #expect(result.status == 0, "\(result.error)")
    let answers = try #require(try result.json()["results"] as? [[String: Any]])
    #expect(answers.count == 2 && answers[0]["draws"] as? Int == 90)
    #expect((answers[0]["effectiveSampleSizes"] as? [Double])?.count == 2)
    let draws = try Tensor(Npy.read(folder.path("draws.npy")))
    #expect(draws.shape == [2, 90, 2] && draws.abs().max().item() <= 1)
    #expect(try Npy.read(folder.path("mean.npy")).shape == [2, 2])
    #expect(try Npy.read(folder.path("covariance.npy")).shape == [2, 2, 2])
    #expect(try sample(options).output == result.output)
  }

  @Test("the most probable sample lies within the prior, and needs no chain")
  func maximum() throws {
    let options = "--method hmc --prior uniform:-0.5/-2,0.5/2 --map map.npy --json"
    let result = try sample(options)
    #expect(result.status == 0, "\(result.error)")
    #expect(try result.json()["map"] as? String == "map.npy")
    let map = try Tensor(Npy.read(folder.path("map.npy")))
    #expect(map.shape == [2, 2] && map.select(dim: 1, 0).abs().max().item() <= 0.5)
    let refused = try sample("--map map.npy")
    #expect(refused.status == 64 && refused.error.contains("add --method hmc"), "\(refused.error)")
  }

  @Test("few candidates for many draws are told, and wrong priors in one line")
  func told() throws {
    let gallery = try sample("--count 50000 --out many.npy")
    #expect(gallery.error.contains("are the same few candidates"), "\(gallery.error)")
    for (options, words) in [
      ("--method hmc --prior laplace:0,1", "'laplace:0,1' is no prior"),
      ("--method hmc --prior gaussian:0,-1", "is no law"),
      ("--method hmc --prior uniform:1", "is no prior"), ("--method nuts", "'nuts' is none of"),
      ("--method hmc --without-replacement", "--without-replacement"),
      ("--chains 4", "without chains, --chains"), ("--warm-up 9", "without chains, --warm-up"),
      ("--rounds 2 --chains 4", "without chains, --chains"),
      ("--adding 500", "there are none, --adding"),
      ("--method hmc --adding 500", "there are none, --adding"),
      ("--prior gaussian:0,1", "there is no file of this name"),
    ] {
      let result = try sample("\(options) --out x.npy")
      #expect(result.status == 64 && result.error.contains(words), "\(options): \(result.error)")
      #expect(result.error.filter(\.isNewline).count == 1, "\(options)")
    }
  }

  @Test("a gallery that grows has more to draw from, within the prior, the same by the same seed")
  func rounds() throws {
    let options =
      "--rounds 2 --adding 500 --prior uniform:-1,1 --count 90 --out draws.npy --mean mean.npy --covariance c.npy --json"
    let result = try sample(options)
    #expect(result.status == 0, "\(result.error)")
    // The candidates are normal.
    #expect(result.error.contains("of the candidates lie beyond the bounds of --prior"))
    let answers = try #require(try result.json()["results"] as? [[String: Any]])
    // A tenth of 300 pairs are candidates.
    #expect(answers.count == 2 && answers[0]["candidates"] as? Int == 1030)
    let sizes = try #require(answers[0]["effectiveSampleSizes"] as? [Double])
    #expect(sizes.count == 3 && sizes[2] > sizes[0] && sizes[2] <= 1030)
    let draws = try Tensor(Npy.read(folder.path("draws.npy")))
    #expect(draws.shape == [2, 90, 2] && draws.abs().max().item() <= 1)
    #expect(try sample(options).output == result.output)
    for (wrong, words) in [
      ("--rounds 2 --method hmc", "of the gallery of one run"),
      ("--rounds 2 --prior laplace:0,1", "is no prior"), ("--rounds 0", "--rounds"),
      ("--rounds 2 --prior uniform:50,60", "no candidate lies within the bounds of this law"),
    ] {
      let refused = try sample("\(wrong) --out x.npy")
      #expect(refused.status == 64 && refused.error.contains(words), "\(wrong): \(refused.error)")
    }
  }

  @Test("several observations of one have one answer, where scores add")
  func together() throws {
    for options in ["sample run --of u --count 4 --out x.npy", "retrieve run --of u"] {
      let result = try RunningCommand.run(
        "\(options) --given 0,1,2 --together --json", in: folder.url)
      #expect(try #require(try result.json()["results"] as? [Any]).count == 1)
    }
    let trained = try RunningCommand.run(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 "
        + "--loss v-given-u --epochs 1 --out one-sided --quiet", in: folder.url)
    #expect(trained.status == 0, "\(trained.error)")
    let refused = try RunningCommand.run(
      "retrieve one-sided --of u --given 0,1 --together", in: folder.url)
    #expect(
      refused.status == 1 && refused.error.contains("leaves a function of u free"),
      "\(refused.error)")
  }

  @Test("a loss that compares pairs of the batch takes no other reference")
  func reference() throws {
    let result = try RunningCommand.run(
      "train --u u.npy --v v.npy --loss anchored --reference-v queue:64 --epochs 1 --out other",
      in: folder.url)
    #expect(
      result.status != 0 && result.error.contains("takes no other reference"), "\(result.error)")
  }
}
