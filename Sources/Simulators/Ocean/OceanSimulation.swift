import Files
import Foundation
import SampleReaders
import Samples
import Torch

extension Ocean {
  /// Everything that determines simulated pairs, and the folder they are kept in: `training.nc` and, when there are test
  /// pairs, `test.nc`, CF-conforming NetCDF files that hold this description too.
  ///
  /// ```swift
  /// try Ocean.Simulation(training: 32_268, test: 32_268, seed: 0).write(to: "ocean")
  /// let (simulation, data) = try Ocean.Simulation.read("ocean")
  /// ```
  public struct Simulation: Hashable, Sendable, Codable {
    /// The law that pairs are drawn from.
    public var ocean: Ocean
    /// The numbers of pairs; no test pairs when `test` is 0.
    public var training: Int
    /// The number of pairs for tests, which are drawn apart.
    public var test: Int
    /// Of all draws; the same seed gives the same pairs.
    public var seed: UInt64

    /// A simulation of the standard ocean without test pairs, unless said otherwise.
    public init(ocean: Ocean = .init(), training: Int, test: Int = 0, seed: UInt64) {
      self.ocean = ocean
      self.training = training
      self.test = test
      self.seed = seed
    }

    /// The keys of training and test pairs: their numbers change no pair.
    public var keys: (training: Key, test: Key) {
      let (training, test) = Key(seed).split()
      return (training, test)
    }

    /// The layout of the files.
    public enum Format: String, CaseIterable, Sendable {
      /// The classic one of NetCDF with 64 bits, which every program for NetCDF reads.
      case classic
      /// NetCDF-4, that is HDF5, with checksums of positions and coefficients.
      case netCDF4 = "netcdf-4"
    }

    /// Simulates into a folder, which is made if need be. Writes each file as it is simulated, in constant
    /// memory; an earlier simulation's folder is replaced when the new one is whole.
    /// - Parameter progress: called with the number of pairs written, of all; what it throws ends the work.
    public func write(
      to folder: String, format: Format = .classic,
      progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws {
      try ocean.validate()
      guard training > 0, test >= 0 else {
        throw Failure("\(training) and \(test) pairs", remedy: "simulate at least one")
      }
      try Disk.require(
        Memory.bytes([training &+ test, ocean.bytesOfPair]),
        for: "\(training) and \(test) pairs", at: folder, remedy: "simulate fewer")
      let total = training + test
      try AtomicDirectory.exchange(folder, holding: OceanFile.own(in: folder)) { folder in
        try OceanFile.write(self, training, keys.training, format, to: "\(folder)/training.nc") {
          try progress($0, total)
        }
        guard test > 0 else { return }
        try OceanFile.write(self, test, keys.test, format, to: "\(folder)/test.nc") {
          try progress(training + $0, total)
        }
      }
    }

    /// The description and the pairs of a folder.
    /// - Throws: `Failure` when a file is missing or damaged, or they do not belong together.
    public static func read(_ folder: String) throws -> (simulation: Simulation, data: Dataset) {
      let (simulation, training) = try OceanFile.read("\(folder)/training.nc")
      var test: PairedData?
      let path = "\(folder)/test.nc"
      if FileManager.default.fileExists(atPath: path) {
        let (other, pairs) = try OceanFile.read(path)
        guard other == simulation else {
          throw Failure(
            "this file and training.nc are of different simulations", at: path,
            remedy: "write the folder again with couplet simulate ocean")
        }
        test = pairs
      }
      guard training.count == simulation.training, test?.count ?? 0 == simulation.test else {
        throw Failure(
          "the files do not hold the pairs that they describe", at: folder,
          remedy: "write the folder again with couplet simulate ocean")
      }
      let data = try Dataset(
        name: "ocean:\(folder)", training: training, test: test, online: simulation.ocean.online,
        files: ["\(folder)/training.nc"] + (test == nil ? [] : [path]))
      return (simulation, data)
    }
  }
}

/// The NetCDF file of simulated drifters: trajectories in the multidimensional layout with one common time, each of
/// which names the flow that carried it.
enum OceanFile {
  private static let settings = "couplet_simulation"

  /// Those of the two files in a folder that a simulation wrote: they name the attribute at their beginning.
  static func own(in folder: String) -> Set<String> {
    Set(
      ["training.nc", "test.nc"].filter { name in
        let head = (try? FileHead.read("\(folder)/\(name)", count: 1 << 20)) ?? []
        return Data(head).range(of: Data(settings.utf8)) != nil
      })
  }

  static func write(
    _ simulation: Ocean.Simulation, _ count: Int, _ key: Key, _ format: Ocean.Simulation.Format,
    to path: String, progress: (Int) throws -> Void
  ) throws {
    let ocean = simulation.ocean
    let largest = max(
      Memory.bytes([count, ocean.drifters, ocean.points], of: 4),
      Memory.bytes([count, Ocean.coefficients], of: 4))
    let layout = format == .netCDF4 ? .netCDF4 : NetCDFOutput.Layout.classic(largest: largest)
    try NetCDF.write(to: path, as: layout) { file in
      let layout = try Layout(file, ocean, flows: count)
      try describe(file, simulation)
      try file.write(ocean.times, layout.time)
      try file.write(ocean.frequencies, layout.frequency)
      try file.write(Ocean.wavenumbers.map { Double($0.0) }, layout.wavenumbers[0])
      try file.write(Ocean.wavenumbers.map { Double($0.1) }, layout.wavenumbers[1])
      for range in ocean.chunks(of: 0..<count) {
        let samples = try ocean.samples(range, key: key)
        try layout.write(file, ocean, range, samples)
        try progress(range.upperBound)
      }
    }
  }

  private static func describe(_ file: NetCDFOutput, _ simulation: Ocean.Simulation) throws {
    let ocean = simulation.ocean
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    for (name, text) in [
      ("Conventions", "CF-1.8"), ("featureType", "trajectory"),
      ("title", "Drifters in random time-dependent flows on the torus"),
      ("source", "couplet simulate ocean"),
      ("history", "written by couplet simulate ocean"),
      (
        "comment",
        "psi(x, t) = Re sum_k (re_k + i im_k) exp(i frequency_k t) exp(2 pi i <wavenumber_k, x>); "
          + "dx/dt = (d psi/dy, -d psi/dx); lengths in periods of the torus, one unit of model time shown as a "
          + "second since an arbitrary origin"
      ),
      ("seed", String(simulation.seed)),
      (settings, String(decoding: try encoder.encode(simulation), as: UTF8.self)),
    ] { try file.attribute(name, text) }
    for (name, value) in [
      ("speed", ocean.speed), ("decay", ocean.decay), ("noise", ocean.noise),
      ("time_step", ocean.timeStep),
    ] { try file.attribute(name, value) }
    for (name, value) in [
      ("steps", ocean.steps), ("record_every", ocean.recordEvery), ("drifters", ocean.drifters),
    ] { try file.attribute(name, value) }
  }

  /// The variables of a file.
  private struct Layout {
    let time, frequency, trajectory, flow, x, y, coefficients: NetCDFOutput.Variable
    let wavenumbers: [NetCDFOutput.Variable]

    init(_ file: NetCDFOutput, _ ocean: Ocean, flows: Int) throws {
      let trajectories = flows * ocean.drifters
      let instance = try file.dimension("trajectory", trajectories)
      let moment = try file.dimension("time", ocean.points)
      let flow = try file.dimension("flow", flows)
      let part = try file.dimension("part", 2)
      let mode = try file.dimension("mode", Ocean.modes)
      let chunk = [min(64, trajectories), ocean.points]
      trajectory = try file.variable(
        "trajectory", .int, [instance],
        [("cf_role", "trajectory_id"), ("long_name", "number of the trajectory")])
      self.flow = try file.variable(
        "flow_index", .int, [instance], [("long_name", "flow that carries the drifter, from 0")])
      time = try file.variable(
        "time", .double, [moment],
        [
          ("standard_name", "time"), ("units", "seconds since 2000-01-01 00:00:00"),
          ("calendar", "standard"), ("axis", "T"),
        ])
      x = try file.variable(
        "x", .float, [instance, moment], chunk: chunk,
        [("long_name", "first coordinate, not wrapped"), ("units", "1"), ("axis", "X")])
      y = try file.variable(
        "y", .float, [instance, moment], chunk: chunk,
        [("long_name", "second coordinate, not wrapped"), ("units", "1"), ("axis", "Y")])
      coefficients = try file.variable(
        "coefficients", .float, [flow, part, mode],
        chunk: [min(1024, flows), 2, Ocean.modes],
        [
          (
            "long_name",
            "coefficients of the streamfunction's modes: part 0 is real, part 1 imaginary"
          ), ("units", "1"),
        ])
      frequency = try file.variable(
        "frequency", .double, [mode],
        [("long_name", "angular frequency of the mode"), ("units", "rad s-1")])
      wavenumbers = try ["wavenumber_x", "wavenumber_y"].map {
        try file.variable(
          $0, .int, [mode], [("long_name", "periods of the mode per length"), ("units", "1")])
      }
    }

    func write(
      _ file: NetCDFOutput, _ ocean: Ocean, _ range: Range<Int>,
      _ samples: (coefficients: Tensor, positions: Tensor)
    ) throws {
      let (n, drifters, points) = (range.count, ocean.drifters, ocean.points)
      try file.write(
        samples.coefficients.array(), coefficients, start: [range.lowerBound, 0, 0],
        count: [n, 2, Ocean.modes])
      let first = range.lowerBound * drifters
      let numbers = first..<range.upperBound * drifters
      try file.write(numbers.map(Double.init), trajectory, start: [first], count: [numbers.count])
      try file.write(
        numbers.map { Double($0 / drifters) }, flow, start: [first], count: [numbers.count])
      // To flow, drifter, coordinate and time.
      let positions = samples.positions.reshaped([n, points, drifters, 2])
      for (axis, variable) in [x, y].enumerated() {
        try file.write(
          positions.select(dim: 3, axis).transposed(1, 2).array(), variable,
          start: [first, 0], count: [n * drifters, points])
      }
    }
  }

  // MARK: Reading

  static func read(_ path: String) throws -> (simulation: Ocean.Simulation, pairs: PairedData) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        "there is no such file", at: path, remedy: "write it with couplet simulate ocean")
    }
    let remedy = "give a file that couplet simulate ocean wrote"
    let (text, rows) = try NetCDFDecoding.read(
      path, attribute: settings, variables: ["coefficients", "x", "y"])
    guard let text,
      let simulation = try? JSONDecoder().decode(Ocean.Simulation.self, from: Data(text.utf8))
    else {
      throw Failure("the file does not describe a simulation", at: path, remedy: remedy)
    }
    try simulation.ocean.validate()
    let ocean = simulation.ocean
    let (coefficients, x, y) = (rows[0], rows[1], rows[2])
    let flows = coefficients.count
    guard coefficients.space.shape == [2, Ocean.modes], x.space.shape == [ocean.points],
      y.space == x.space, x.count == Memory.bytes([flows, ocean.drifters]), y.count == x.count
    else {
      throw Failure("the variables are not those it describes", at: path, remedy: remedy)
    }
    let u = try coefficients.rows(0..<flows).to(.float32).reshaped([flows, Ocean.coefficients])
    // In parts, so that what lies between the file and v is small.
    let v = try ocean.chunks(of: 0..<flows).map { range -> Tensor in
      let rows = range.lowerBound * ocean.drifters..<range.upperBound * ocean.drifters
      let columns = try [x, y].map {
        try $0.rows(rows).to(.float32).reshaped([range.count, ocean.drifters, ocean.points])
      }
      return stack(columns, dim: 3).transposed(1, 2).reshaped([range.count] + ocean.shape)
    }
    let pairs = try PairedData(u: u, v: cat(v))
    return (simulation, pairs)
  }
}
