import CNetCDF
import Files
import Foundation
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

  @Test func `a simulation comes back from its folder`() throws {
    let scratch = try Scratch()
    let folder = "\(scratch.path)/new/ocean"
    let simulation = Self.simulation()
    try simulation.write(to: folder)
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
    let file = try TrajectoryFile("\(folder)/training.nc")
    #expect(file.trajectories.count == 14 && file.trajectories[13].times == simulation.ocean.times)
    let last = try file.tensor()[13]
    #expect(try last.equal(to: training.v[6].narrow(dim: 1, 2..<4)).allTrue())
  }

  @Test func `damage is explained`() throws {
    let scratch = try Scratch()
    try Self.simulation().write(to: scratch.path)
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
        == "DIR/training.nc: the values of 'x' are damaged (NetCDF: HDF error) — "
        + "write or download the file again")
    try FileManager.default.removeItem(atPath: path)
    #expect(
      scratch.failure { try Ocean.Simulation.read(scratch.path) }
        == "DIR/training.nc: there is no such file — write it with couplet simulate ocean")
    #expect(
      scratch.failure { try Self.simulation().write(to: "/dev/null/ocean") }
        == "/dev/null/ocean: the folder cannot be made or written — "
        + "choose a folder that can be written")
  }

  /// Three trajectories with 2, 1 and 3 points, as others write them.
  @Test(arguments: ["contiguous", "indexed", "incomplete"])
  func `the layouts of others are read`(layout: String) throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/drifters.nc"
    try NetCDF.write(to: path) { file in
      let trajectory = try file.dimension("trajectory", 3)
      let isFlat = layout != "incomplete"
      let observation = try file.dimension("obs", isFlat ? 6 : 3)
      try file.attribute("featureType", "trajectory")
      let dimensions = isFlat ? [observation] : [trajectory, observation]
      let lon = try file.variable(
        "lon", NC_DOUBLE, dimensions, [("standard_name", "longitude"), ("units", "degrees_east")])
      let lat = try file.variable(
        "lat", NC_DOUBLE, dimensions, [("standard_name", "latitude"), ("units", "degrees_north")])
      let time = try file.variable("time", NC_DOUBLE, dimensions, [("standard_name", "time")])
      switch layout {
      case "contiguous":
        let size = try file.variable(
          "row_size", NC_INT, [trajectory], [("sample_dimension", "obs")])
        try file.write([2, 1, 3], size)
      case "indexed":
        let index = try file.variable(
          "index", NC_INT, [observation], [("instance_dimension", "trajectory")])
        try file.write([2, 0, 1, 2, 0, 2], index)
      default: break
      }
      let none = Double.nan
      let (x, y, t): ([Double], [Double], [Double]) =
        switch layout {
        case "contiguous": ([1, 2, 3, 4, 5, 6], [-1, -2, -3, -4, -5, -6], [0, 1, 0, 0, 1, 2])
        case "indexed": ([4, 1, 3, 5, 2, 6], [-4, -1, -3, -5, -2, -6], [0, 0, 0, 1, 1, 2])
        default:
          (
            [1, 2, none, 3, none, none, 4, 5, 6], [-1, -2, none, -3, none, none, -4, -5, -6],
            [0, 1, none, 0, none, none, 0, 1, 2]
          )
        }
      let shape = isFlat ? [6] : [3, 3]
      let start = isFlat ? [0] : [0, 0]
      for (values, variable) in [(x, lon), (y, lat), (t, time)] {
        try file.write(values, variable, start: start, count: shape)
      }
    }
    let file = try TrajectoryFile(path)
    #expect(
      file.trajectories == [
        .init(times: [0, 1], positions: [1, -1, 2, -2]), .init(times: [0], positions: [3, -3]),
        .init(times: [0, 1, 2], positions: [4, -4, 5, -5, 6, -6]),
      ])
    #expect(
      scratch.failure { try TrajectoryFile(path).tensor() }
        == "DIR/drifters.nc: trajectory 1 has 1 points, but trajectory 0 has 2 — "
        + "give trajectories with equal numbers of points")
  }
}
