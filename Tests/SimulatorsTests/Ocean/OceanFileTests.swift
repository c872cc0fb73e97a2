import Files
import Foundation
import SampleReaders
import Samples
import Scratch
import Testing
import Torch

@testable import Simulators

/// The C library serves one thread at a time.
@Suite(.serialized) struct OceanFileTests {
  init() { Simulators.register() }

  private static func simulation() -> Ocean.Simulation {
    var ocean = OceanTests.small(steps: 40, every: 4)
    ocean.drifters = 2
    ocean.noise = 0.01
    return Ocean.Simulation(ocean: ocean, training: 7, test: 3, seed: 5)
  }

  @Test(arguments: Ocean.Simulation.Format.allCases)
  func `a simulation comes back from its folder`(_ format: Ocean.Simulation.Format) throws {
    let scratch = try Scratch()
    let folder = "\(scratch.path)/new/ocean"
    let simulation = Self.simulation()
    try simulation.write(to: folder, format: format)
    let head = try FileHead.read("\(folder)/training.nc", count: 4)
    #expect(head == (format == .classic ? [0x43, 0x44, 0x46, 2] : [0x89, 0x48, 0x44, 0x46]))
    let (read, data) = try Ocean.Simulation.read(folder)
    #expect(read == simulation)
    let training = try simulation.ocean.simulate(0..<7, key: simulation.keys.training)
    let test = try simulation.ocean.simulate(0..<3, key: simulation.keys.test)
    #expect(try data.training.u.equal(to: training.u).allTrue())
    #expect(try data.training.v.equal(to: training.v).allTrue())
    #expect(try #require(data.test).v.equal(to: test.v).allTrue())
    #expect(
      try DataSource("ocean:\(folder)").read().summary
        == "ocean:\(folder): 7 training and 3 test pairs; u 98, v 10 × 4")
    // As anyone's file of trajectories: one for each drifter.
    let tracks = try SampleReaders.read("\(folder)/training.nc").all()
    #expect(tracks.shape == [14, simulation.ocean.points, 2])
    #expect(try tracks[13].equal(to: training.v[6].narrow(dim: 1, 2..<4)).allTrue())
  }

  @Test func `damage is explained`() throws {
    let scratch = try Scratch()
    try Self.simulation().write(to: scratch.path, format: .netCDF4)
    let path = "\(scratch.path)/training.nc"
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    // Cut short, and with bytes turned over in the data, which carry checksums.
    for length in [0, 3, 100, whole.count / 2, whole.count - 1] {
      try scratch.bytes("training.nc", whole.prefix(length))
      let message = try #require(scratch.failure { try Ocean.Simulation.read(scratch.path) })
      #expect(message.hasPrefix("DIR/training.nc: ") && !message.contains("\n"), "\(message)")
    }
    let (_, x) = try (
      0, Self.simulation().ocean.simulate(0..<7, key: Self.simulation().keys.training).v
    )
    let first = x[0].narrow(dim: 1, 0..<1).array(Float.self)
    let needle = first.withUnsafeBytes { Data($0) }
    let place = try #require(whole.range(of: needle))
    var damaged = whole
    damaged[place.lowerBound + 5] ^= 0xFF
    try scratch.bytes("training.nc", damaged)
    #expect(
      scratch.failure { try Ocean.Simulation.read(scratch.path) }
        == "DIR/training.nc: the values of 'x' are damaged (HDF error) — "
        + "write or download the file again")
    try FileManager.default.removeItem(atPath: path)
    #expect(
      scratch.failure { try Ocean.Simulation.read(scratch.path) }
        == "DIR/training.nc: there is no such file — write it with couplet simulate ocean")
    #expect(
      scratch.failure { try Self.simulation().write(to: "/dev/null/ocean") }?
        .hasPrefix("/dev/null: cannot create the folder") == true)
  }
}
