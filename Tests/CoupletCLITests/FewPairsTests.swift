import Files
import Foundation
import Scratch
import Testing
import Torch

/// No number of pairs stops a command without a word.
struct FewPairsTests {
  @Test(arguments: [1, 2, 3, 4, 10])
  func `any number of pairs is answered or refused in one line`(count: Int) throws {
    let scratch = try Scratch()
    for (name, seed) in [("u", 0 as UInt64), ("v", 1)] {
      try Npy.write(
        Tensor.normal([count, 3], key: Key(seed)).numericArray, to: "\(scratch.path)/\(name).npy")
    }
    for loss in ["two-sided", "joint", "u-given-v", "mmd-two-sided", "mmd-joint"] {
      try expectNoTrap(
        "train --u u.npy --v v.npy --epochs 1 --loss \(loss) --out \(loss) -q", scratch)
      try expectNoTrap("evaluate \(loss) --diagnostics -q", scratch)
      try expectNoTrap("evaluate \(loss) --u u.npy --v v.npy --diagnostics --json -q", scratch)
      try expectNoTrap("retrieve \(loss) --of u --given 0 -k 3 -q", scratch)
    }
    try expectNoTrap("score --u u.npy --v v.npy -q", scratch)
    try expectNoTrap("theory --u u.npy --v v.npy -q", scratch)
  }

  private func expectNoTrap(_ command: String, _ scratch: Scratch) throws {
    let result = try RunningCommand.run(command, in: URL(fileURLWithPath: scratch.path))
    #expect([0, 1, 64].contains(result.status), "\(command): \(result.status) \(result.error)")
    #expect(!result.output.contains("nan"), "\(command): \(result.output)")
    if result.status != 0 {
      #expect(result.error.hasPrefix("couplet: error: "), "\(command): \(result.error)")
      #expect(result.error.filter(\.isNewline).count == 1, "\(command): \(result.error)")
    }
  }
}
