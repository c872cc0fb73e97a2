import CoupletCore
import Files
import Foundation
import SimulatedGPU
import Testing

@testable import CoupletCLI

// Exit tests came with Swift 6.2.
#if compiler(>=6.2)
  /// Every command on a GPU, simulated where there is none: no operation mixes its tensors with the processor's, and the
  /// answers are those of the processor. What the arithmetic of a real GPU gives stays untried here.
  @Suite struct DeviceTests {
    @Test func vectors() async {
      await #expect(processExitsWith: .success) {
        let desk = try Desk()
        let latent = Tensor.normal([200, 8], key: Key(1))
        try desk.write("u", latent)
        try desk.write("v", latent[0..<200] + .normal([200, 8], key: Key(2)) * 0.3)
        for options in [
          "--tilting cosine --loss two-sided --learn-temperature",
          "--tilting inner-product --loss v-given-u --encoder-u mlp:6 --encoder-v linear:whitened",
          "--tilting squared-distance --loss joint --potential-u quadratic --potential-v mlp:4",
          "--tilting cosine --loss mmd-two-sided --batch 60 --reference-u queue:100",
          "--tilting inner-product --loss mmd-joint:kernel-u=energy --encoder-u linear:standardized",
          "--tilting cosine --optimizer lbfgs --batch 160",
          "--tilting inner-product --batch 50 --chunk 16",
        ] {
          try desk.compare(
            "train --u u.npy --v v.npy --dimension 3 --epochs 2 --held-out 0.2 "
              + options,
            questions: [
              "evaluate --diagnostics", "retrieve --of u --given 0,1 -k 3",
              "sample --of v --given u.npy --count 3 --out draws.npy --mean mean.npy",
              "sample --of u --given 1 --count 3 --without-replacement --out draws.npy",
            ])
        }
      }
    }

    @Test func labels() async {
      await #expect(processExitsWith: .success) {
        let desk = try Desk()
        let labels = Tensor.integers(0..<4, shape: [200], key: Key(1))
        let centers = Tensor.normal([4, 1, 12, 12], key: Key(2))
        try desk.write("v", labels)
        try desk.write(
          "u", centers.indexSelect(labels) + .normal([200, 1, 12, 12], key: Key(3)) * 0.4)
        for options in [
          "--encoder-u linear --encoder-v one-hot",
          "--encoder-u mlp:8 --encoder-v embedding --dimension 4 --reference-v labels",
        ] {
          try desk.compare(
            "train --u u.npy --v v.npy --loss v-given-u --epochs 3 --batch 50 --held-out 0.2 "
              + options,
            questions: [
              "evaluate --diagnostics", "classify --u u.npy", "retrieve --of u --given 3 -k 3",
              "finetune --u u.npy --v v.npy --epochs 3 --batch 50 --out tuned",
            ])
        }
      }
    }

    @Test func paths() async {
      await #expect(processExitsWith: .success) {
        let desk = try Desk()
        let steps = Tensor.normal([90, 24, 2], key: Key(1))
        try desk.write("u", steps.cumulativeSum(dim: 1) * 0.1)
        try desk.write("v", steps.mean(dim: 1))
        for pooling in ["last", "attention", "all"] {
          try desk.compare(
            "train --u u.npy --v v.npy --dimension 3 --epochs 1 --batch 40 --held-out 0.2 --encoder-u "
              + "transformer:width=8:heads=2:depth=1:pooling=\(pooling):waves=1:velocities",
            questions: ["evaluate"])
        }
      }
    }
  }

  /// A folder in which commands are run on the processor and on the GPU.
  private final class Desk {
    private let folder = try? ScratchFolder()

    init() throws {
      simulated_gpu_install()
      let path = try #require(folder).url.path
      try #require(FileManager.default.changeCurrentDirectoryPath(path))
    }

    func write(_ name: String, _ tensor: Tensor) throws {
      try Npy.write(tensor.numericArray, to: "\(name).npy")
    }

    /// Trains on the GPU, and asks the run the questions on each device: the answers must agree.
    func compare(_ training: String, questions: [String]) throws {
      try? FileManager.default.removeItem(atPath: "run")
      _ = try answer("\(training) --out run --quiet", on: "cuda")
      for question in questions {
        let words = question.split(separator: " ", maxSplits: 1).map(String.init)
        let answers = try ["cpu", "cuda"].map { device in
          try? FileManager.default.removeItem(atPath: "tuned")
          let line = "\(words[0]) run \(words.dropFirst().joined()) --json"
          return try numbers(answer(line, on: device))
        }
        try #require(answers[0].keys == answers[1].keys, "\(question)")
        for (key, number) in answers[0] where key != "/seconds" {
          // Sums in another order, in single precision.
          let other = try #require(answers[1][key])
          #expect(
            abs(other - number) < 1e-4 * (1 + abs(number)), "\(training): \(question): \(key)")
        }
      }
    }

    /// What a command writes to standard output, which is this process's own.
    private func answer(_ line: String, on device: String) throws -> String {
      let file = open("answer", O_CREAT | O_TRUNC | O_WRONLY, 0o600)
      dup2(file, STDOUT_FILENO)
      close(file)
      let words = line.split(separator: " ").map(String.init) + ["--device", device]
      var errors = ""
      let status = couplet.run(words, output: Console.write, error: { errors += $0 })
      try #require(status == 0, "\(words.joined(separator: " ")): \(errors)")
      return try String(contentsOfFile: "answer", encoding: .utf8)
    }

    /// Every number of a JSON text under its path.
    private func numbers(_ text: String) throws -> [String: Double] {
      var found: [String: Double] = [:]
      func walk(_ value: Any, _ path: String) {
        switch value {
        case let number as Double: found[path] = number
        case let list as [Any]: list.enumerated().forEach { walk($1, "\(path)/\($0)") }
        case let object as [String: Any]: object.forEach { walk($1, "\(path)/\($0)") }
        default: break
        }
      }
      walk(try JSONSerialization.jsonObject(with: Data(text.utf8)), "")
      return found
    }
  }
#endif
