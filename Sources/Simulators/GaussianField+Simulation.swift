import Files
import Foundation
import SampleReaders
import Samples
import Torch

extension GaussianField {
  /// Everything that determines simulated pairs, and the folder they are kept in: `u.npy`, `v.npy`,
  /// `u-test.npy`, `v-test.npy`, and this description as `gaussian-field.json`.
  ///
  /// ```swift
  /// try GaussianField.Simulation(training: 10_000, test: 1_000, seed: 0).write(to: "field")
  /// let (simulation, data) = try GaussianField.Simulation.read("field")
  /// ```
  public struct Simulation: Hashable, Sendable, Codable {
    /// The law that pairs are drawn from.
    public var field: GaussianField
    /// The numbers of pairs; no test pairs when `test` is 0.
    public var training: Int
    /// The number of pairs for tests, which are drawn apart.
    public var test: Int
    /// Of all draws; the same seed gives the same pairs.
    public var seed: UInt64

    /// A simulation of the paper's field without test pairs, unless said otherwise.
    public init(field: GaussianField = .init(), training: Int, test: Int = 0, seed: UInt64) {
      self.field = field
      self.training = training
      self.test = test
      self.seed = seed
    }

    /// The pairs; those of the test are drawn apart, so that their number changes no training pair.
    /// - Throws: `Failure` when there are no training pairs, or the field's settings make no sense.
    public func run() throws -> (training: PairedData, test: PairedData?) {
      let (first, second) = Key(seed).split()
      return (
        try field.simulate(training, key: first),
        test > 0 ? try field.simulate(test, key: second) : nil
      )
    }

    /// The pairs as a data set.
    /// - Throws: `Failure` when there are no training pairs, or the field's settings make no sense.
    public func dataset() throws -> Dataset {
      let (training, test) = try run()
      return try Dataset(
        name: "gaussian-field", training: training, test: test, online: field.online)
    }

    private static let description = "gaussian-field.json"

    /// Simulates into a folder, which is made if need be, or put in the place of an earlier simulation's: a kill at any
    /// moment leaves the old or the new one.
    /// - Throws: `Failure` when there is nothing to simulate, the folder holds other files, or
    ///   a file cannot be written.
    public func write(to folder: String) throws {
      try field.validate()
      try Disk.require(
        Memory.bytes([training &+ max(0, test), field.points + field.observed], of: 4),
        for: "\(training) and \(test) pairs", at: folder, remedy: "simulate fewer")
      let data = try run()
      let names = ["u.npy", "v.npy", "u-test.npy", "v-test.npy"]
      let isOwn = access("\(folder)/\(Self.description)", F_OK) == 0
      // Arrays without a description are the user's.
      let replaced = Set(isOwn ? names + [Self.description] : [])
      try AtomicDirectory.exchange(folder, holding: replaced) { folder in
        for (suffix, pairs) in [("", data.training), ("-test", data.test)] {
          guard let pairs else { continue }
          try Npy.write(try pairs.u.numericArray, to: "\(folder)/u\(suffix).npy")
          try Npy.write(try pairs.v.numericArray, to: "\(folder)/v\(suffix).npy")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try AtomicFile.write(encoder.encode(self), to: "\(folder)/\(Self.description)")
      }
    }

    /// The description and the pairs of a folder.
    /// - Throws: `Failure` when a file is missing or damaged, or they do not belong together.
    public static func read(_ folder: String) throws -> (simulation: Simulation, data: Dataset) {
      let path = "\(folder)/\(description)"
      let remedy = "write the folder again with couplet simulate gaussian-field"
      guard let json = try WholeFile.readIfPresent(path) else {
        throw Failure("there is no \(description) that can be read", at: folder, remedy: remedy)
      }
      guard let simulation = try? JSONDecoder().decode(Simulation.self, from: json) else {
        throw Failure("this is not the description of a simulation", at: path, remedy: remedy)
      }
      try simulation.field.validate()
      SampleReaders.register()
      let data = try DataSource.folder(folder).read(.init(groups: GroupsChoice.none))
      guard data[.u] == .real(shape: [simulation.field.points]),
        data[.v] == .real(shape: [simulation.field.observed]),
        data.training.count == simulation.training, data.test?.count ?? 0 == simulation.test
      else {
        throw Failure("the arrays are not those it describes", at: path, remedy: remedy)
      }
      return (
        simulation,
        try Dataset(
          name: "gaussian-field:\(folder)", training: data.training, test: data.test,
          online: simulation.field.online, files: data.files + [path])
      )
    }
  }
}
