import CoupletCore
import Files
import Foundation
import Testing

/// One run, asked everything that a run can be asked.
@Suite struct UsesTests {
  private let folder: ScratchFolder
  private let run: String

  /// Pairs of two noisy views of the same points: u has four coordinates, v two.
  init() throws {
    folder = try ScratchFolder()
    run = folder.path("run")
    let latent = Tensor.normal([300, 2], key: Key(1))
    let u = cat([latent, .normal([300, 2], key: Key(2))], dim: 1)
    try Npy.write(u.numericArray, to: folder.path("u.npy"))
    try Npy.write(
      (latent + .normal([300, 2], key: Key(3)) * 0.3).numericArray, to: folder.path("v.npy"))
  }

  private func couplet(_ words: String...) throws -> RunningCommand.Result {
    try RunningCommand.run(
      words.flatMap { $0.split(separator: " ").map(String.init) }, in: folder.url)
  }

  private func train(_ options: String = "") throws {
    let result = try couplet(
      "train --data . --tilting inner-product --dimension 2 --epochs 6 --batch 64 --learning-rate 0.02",
      "--held-out 0.2 --quiet --out run", options)
    #expect(result.status == 0, "\(result.error)")
  }

  private func shape(_ name: String) throws -> [Int] { try Npy.read(folder.path(name)).shape }

  @Test("a run with potentials and a learned temperature is evaluated and diagnosed")
  func evaluate() throws {
    try train(
      "--potential-u quadratic --potential-v mlp:8 --temperature 0.5 --learn-temperature --temperature-bounds 0.1,2"
    )
    let settings = try String(contentsOfFile: run + "/config.json", encoding: .utf8)
    #expect(settings.contains("\"potential\" : \"quadratic\""))
    let result = try couplet("evaluate run --diagnostics --json")
    #expect(result.status == 0, "\(result.error)")
    let found = try result.json()
    let loss = try #require(found["loss"] as? Double)
    // Theorem 2.8, for the 60 held-out pairs.
    let usual = try #require(found["clipLoss"] as? Double)
    #expect(abs(usual - loss - log(60)) < 1e-9)
    let information = try #require(found["mutualInformation"] as? [String: Any])
    #expect(information["ceiling"] as? Double == log(60))
    let bound = try #require((information["info-nce"] as? [String: Double])?["value"])
    #expect(abs(bound + loss) < 1e-5)  // Single against double precision.
    #expect(information["trainingGap"] is [String: Double])
    let calibration = try #require(found["calibration"] as? [String: [String: Any]])
    #expect(Set(calibration.keys) == ["u", "v"])
    #expect((calibration["u"]?["ranks"] as? [String: Any])?.count == 4)
    let html = try String(contentsOfFile: run + "/report.html", encoding: .utf8)
    for heading in [
      "Does it find partners?", "How far to trust it", "Mutual information", "Calibration",
    ] {
      #expect(html.contains(">\(heading)"), "\(heading)")
    }
    #expect(html.contains("The learned temperature against epochs."))

    let elsewhere = try couplet("evaluate run --report other.html")
    #expect(elsewhere.status == 0, "\(elsewhere.error)")
    #expect(elsewhere.output.contains("calibration of u given v: 50 % sets hold"))
    #expect(FileManager.default.fileExists(atPath: folder.path("other.html")))
  }

  @Test("more memory than there is ends in one line that says how much and what to do")
  func outOfMemory() throws {
    try train()
    let result = try couplet("sample run --of u --given 0 --count 1000000000000000 --out draws.npy")
    #expect(result.status == 64)
    // The address sanitizer, where it is on, says a line of its own first.
    let lines = result.error.split(separator: "\n").filter { !$0.contains("AddressSanitizer") }
    #expect(
      lines == [
        "couplet: error: 1000000000000000 draws for each of 1 conditions would take more than a million GB of "
          + "memory, and there are \(Memory.text(Memory.limit)), --count — draw fewer"
      ])
  }

  @Test("what other programs call an option makes the same run", arguments: ["train", "finetune"])
  func aliases(_ command: String) throws {
    try Npy.write(
      Tensor.integers(0..<3, shape: [300], key: Key(4)).numericArray, to: folder.path("labels.npy"))
    try train()
    let start =
      command == "train"
      ? "train --u u.npy --v v.npy --dimension 2 --optimizer adamw"
      : "finetune run --u u.npy --v labels.npy"
    let spellings = [
      "--learning-rate 0.02 --weight-decay 0.3 --batch 50", "--lr 0.02 --wd 0.3 --batch-size 50",
    ]
    let runs = try spellings.enumerated().map { index, options in
      let result = try couplet(start, "--epochs 1 --quiet --out run\(index)", options)
      #expect(result.status == 0, "\(result.error)")
      return try String(contentsOfFile: folder.path("run\(index)/config.json"), encoding: .utf8)
    }
    #expect(runs[0] == runs[1] && runs[0].contains("0.02") && runs[0].contains("0.3"))
    let help = try couplet(command, "--help").output
    for names in ["--learning-rate, --lr X", "--weight-decay, --wd X", "--batch, --batch-size N"] {
      #expect(help.contains(names), "\(names)")
    }
  }

  @Test("retrieval, draws and moments, with a gallery and a prior")
  func ask() throws {
    try train()
    let plain = try couplet("retrieve run --of u --given 0 -k 3 --gallery u.npy --json").json()
    let answer = try #require((plain["results"] as? [[String: Any]])?.first)
    #expect(plain["candidates"] as? Int == 300)
    #expect((answer["matches"] as? [Any])?.count == 3)
    #expect(answer["scoreLevel"] is Double && answer["entropy"] is Double)

    // A prior that leaves one candidate decides.
    var prior = [Double](repeating: -.infinity, count: 300)
    prior[123] = 0
    try Npy.write(Tensor(prior).numericArray, to: folder.path("prior.npy"))
    let decided = try couplet(
      "retrieve run --of u --given 0 -k 1 --gallery u.npy --prior prior.npy --json")
    let matches = try #require(
      (try decided.json()["results"] as? [[String: Any]])?.first?["matches"] as? [[String: Any]])
    #expect(matches.first?["index"] as? Int == 123)
    #expect(decided.error.contains("warning: one candidate carries 100 % of the weight"))

    // Conditions are answered in blocks, and written one after the other: as many answers as conditions, each the same
    // as alone, in either form; but for rounding, since products of one row may be summed in another order than those of many.
    let many = try couplet("retrieve run --of u --given v.npy -k 1 --gallery u.npy --json -q")
    let results = try #require(try many.json()["results"] as? [[String: Any]])
    let last = try couplet("retrieve run --of u --given 299 -k 1 --gallery u.npy --json -q").json()
    #expect(results.count == 300)
    let alone = try #require((last["results"] as? [[String: Any]])?.first)
    let among = try #require(results.last)
    #expect(among.keys.sorted() == alone.keys.sorted())
    for (name, value) in alone {
      guard let value = value as? Double, let other = among[name] as? Double else { continue }
      #expect(abs(value - other) < 1e-6 * (1 + abs(value)), "\(name)")
    }
    let found = try [among, alone].map {
      try #require(($0["matches"] as? [[String: Any]])?.first?["index"] as? Int)
    }
    #expect(found[0] == found[1])
    let lines = try couplet("retrieve run --of u --given v.npy -k 1 --gallery u.npy -q").output
    #expect(lines.split(separator: "\n").count == 600 && lines.contains("\ncondition 299: "))

    // A query unlike anything in training: no candidate fits it.
    try Npy.write(
      Tensor([40.0, -40], shape: [1, 2], dtype: .float32).numericArray, to: folder.path("far.npy"))
    try Npy.write(
      (Tensor.ones([5, 4]) * -1).numericArray, to: folder.path("few.npy"))
    let far = try couplet("retrieve run --of u --given far.npy --gallery few.npy")
    #expect(far.status == 0)
    #expect(far.error.contains("couplet: warning: "))
    #expect(try couplet("retrieve run --of u --given far.npy --gallery few.npy -q").error.isEmpty)

    let moments = try couplet(
      "sample run --of u --given v.npy --gallery u.npy --count 7 --out draws.npy --mean mean.npy",
      "--covariance covariance.npy --quiet --json")
    #expect(moments.status == 0, "\(moments.error)")
    #expect(try shape("draws.npy") == [300, 7, 4])
    #expect(try shape("mean.npy") == [300, 4])
    #expect(try shape("covariance.npy") == [300, 4, 4])
    #expect((try moments.json()["results"] as? [Any])?.count == 300)
    let one = try couplet("sample run --of v --given 3 --mean mean.npy --quiet")
    #expect(one.status == 0, "\(one.error)")
    #expect(try shape("mean.npy") == [2])
  }

  @Test("a classifier is fine-tuned, and is a run")
  func finetune() throws {
    try train()
    let u = try Tensor(Npy.read(folder.path("u.npy")))
    let labels = u.select(dim: 1, 0).greater(than: 0).to(.int64)
    try Npy.write(labels.numericArray, to: folder.path("labels.npy"))
    let result = try couplet(
      "finetune run --u u.npy --v labels.npy --epochs 40 --out tuned --json")
    #expect(result.status == 0, "\(result.error)")
    let heldOut = try #require(try result.json()["heldOut"] as? [String: Any])
    // The label is the sign of the coordinate that v tells most of.
    #expect((heldOut["accuracy"] as? Double ?? 0) > 0.85)
    let again = try couplet("evaluate tuned --json").json()
    #expect(again["accuracy"] as? Double == heldOut["accuracy"] as? Double)
    let classes = try couplet("classify tuned --u u.npy --json").json()
    #expect((classes["classes"] as? [Int])?.count == 300)
    try Npy.write(Tensor([0, -50.0]).numericArray, to: folder.path("prior.npy"))
    let forced = try couplet("classify tuned --u u.npy --prior prior.npy --json").json()
    #expect((forced["classes"] as? [Int])?.allSatisfy { $0 == 0 } == true)
    // Zero-shot classes described by samples of v.
    try Npy.write(
      Tensor([2.0, 0, -2, 0], shape: [2, 2], dtype: .float32).numericArray,
      to: folder.path("classes.npy"))
    let zeroShot = try couplet("classify run --u u.npy --labels classes.npy --json").json()
    let found = try #require(zeroShot["classes"] as? [Int])
    let right = zip(found, labels.array(Int.self)).count { $0 == 1 - $1 }
    #expect(right > 255)  // 85 %.
    #expect(
      try couplet("train --resume --out tuned").error
        == "couplet: error: the run is fine-tuned, and complete, tuned — fine-tune again into another folder\n"
    )
  }

  @Test("wrong usage is explained in one line, and nothing is left behind")
  func wrong() throws {
    let cases: [(String, Int32, String)] = [
      (
        "train --data . --loss joint --weights 1,2 --out x", 64,
        "the loss joint has no option 'weights=1,2', --weights — use joint[:all-pairs]"
      ),
      (
        "train --data . --kernel-u gaussian:1 --out x", 64,
        "the loss two-sided has no option 'kernel-u=gaussian/1', --kernel-u — use two-sided[:weights=λu,λv]"
      ),
      (
        "train --data . --loss mmd-joint --kernel-v gauss --out x", 64,
        "unknown kernel 'gauss' (kernel-v of the loss mmd-joint), --kernel-v — use one of gaussian, laplace, polynomial, energy; did you mean gaussian?"
      ),
      (
        "train --data . --normalizer all-pairs --out x", 64,
        "the loss two-sided has no option 'all-pairs', --normalizer — use two-sided[:weights=λu,λv]"
      ),
      (
        "train --data . --weight-decay 0.1 --out x", 64,
        "the optimizer adam has no option 'weight-decay=0.1', --weight-decay — use adam"
      ),
      (
        "train --data . --optimizer adam:weight-decay=0.1 --out x", 64,
        "the optimizer adam has no option 'weight-decay=0.1', --optimizer — use adam"
      ),
      (
        "train --data . --dimension 1000001 --out x", 64,
        "'1000001' is not a whole number from 1 to 1000000, --dimension — give one, for example 10"
      ),
      (
        "train --data . --temperature 1 --temperature-bounds 0.1,2 --out x", 64,
        "it has no effect: the temperature is fixed, --temperature-bounds — leave it out, or add --learn-temperature"
      ),
      (
        "train --data . --temperature-bounds 1,2 --out x", 64,
        "the temperature 0.07 is not within 1.0,2.0, --temperature-bounds — give LOW,HIGH around the temperature to start from"
      ),
      (
        "train --data . --online --out x", 64,
        "\(folder.url.path) is not simulated, so there are no new pairs, --online — leave it out, or use gaussian-field:DIR or ocean:DIR"
      ),
      (
        "train --data . --start theory --out x", 64,
        "the tilting cosine has no optimum in closed form, --start theory — use inner-product or squared-distance, or start at random"
      ),
      (
        "train --data . --tilting inner-product --encoder-u mlp:4 --start theory --out x", 64,
        "the encoder of u is not a linear one of real samples, --start theory — use --encoder-u linear, or start at random"
      ),
      (
        "train --data . --potential-u fixed --out x", 64,
        "it has 4 outputs, and a potential has one, --potential-u fixed — use quadratic, linear or mlp:WIDTHS"
      ),
      (
        "sample none --of u --given 0", 64,
        "there is nothing to write — name a file with --out, --mean, --covariance or --map"
      ),
      (
        "finetune none --data . --out x", 1,
        "not a run: there is no config.json, none — give the folder that couplet train --out wrote"
      ),
    ]
    for (line, status, message) in cases {
      let result = try couplet(line)
      #expect(result.status == status, "\(line)")
      #expect(result.error.hasSuffix("couplet: error: \(message)\n"), "\(result.error)")
      #expect(!FileManager.default.fileExists(atPath: folder.path("x")))
    }
    try train()
    let questions: [(String, Int32, String)] = [
      (
        "retrieve run --of u --given 300", 64,
        "there is no pair 300, --given — give a row from 0 to 299, or a file"
      ),
      (
        "retrieve run --of u --given u.npy", 1,
        "the samples are vectors of 4 numbers, not vectors of 2 numbers, u.npy — give data of the same kind as those of the training"
      ),
      (
        "retrieve run --of u --given 0 --prior v.npy", 1,
        "a log prior of shape [300, 2] for 60 candidates, v.npy — give one number for each candidate, in their order"
      ),
      (
        "sample run --of u --given 0 --covariance c.png", 64,
        "the file's name does not end in .npy, --covariance c.png — name a .npy file"
      ),
      (
        "classify run --u u.npy", 1,
        "v is not a label in this run, run — name the classes with --labels, or find the most probable v with couplet retrieve --of v"
      ),
      (
        "finetune run --data . --out x", 1,
        "v is not a label in these data — give data whose v is one whole number per pair"
      ),
    ]
    for (line, status, message) in questions {
      let result = try couplet(line)
      #expect(result.status == status, "\(line)")
      #expect(result.error == "couplet: error: \(message)\n")
    }
  }
}
