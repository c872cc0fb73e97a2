import Files
import Foundation
import Torch

/// Trajectories in a NetCDF file of the CF conventions' discrete sampling geometries (CF 1.8, chapter 9): whoever wrote
/// it, in the multidimensional layouts (complete or with missing ends), contiguous or indexed ragged, or a
/// single trajectory.
///
/// ```swift
/// let file = try TrajectoryFile("drifters.nc")
/// file.trajectories[0].positions   // x₁, x₂, x₁, x₂, …
/// try file.tensor()                // float32[N, J, 2], when all have as many points
/// ```
struct TrajectoryFile {
  struct Trajectory: Equatable {
    /// In the file's unit; empty when the file has no time.
    var times: [Double]
    /// x and y in turn.
    var positions: [Double]
    var count: Int { positions.count / 2 }
  }

  let path: String
  let trajectories: [Trajectory]

  init(_ path: String) throws {
    let input = try NetCDFInput(path)
    if let feature = input.text("featureType"), feature.lowercased() != "trajectory" {
      throw Failure(
        "the file holds features of type '\(feature)'", at: path,
        remedy: "give one with the featureType trajectory")
    }
    let x = try TrajectoryFile.coordinate(.x, in: input)
    let y = try TrajectoryFile.coordinate(.y, in: input)
    guard x.dimensions == y.dimensions, (1...2).contains(x.dimensions.count) else {
      throw Failure(
        "'\(x.name)' has the dimensions \(x.dimensions) and '\(y.name)' \(y.dimensions)", at: path,
        remedy: "give both as (trajectory, observation), or as (observation)")
    }
    let columns = try [x, y].map { try input.values($0) }
    let times = try TrajectoryFile.times(in: input, like: x)
    let parts = try TrajectoryFile.parts(of: x, in: input)
    self.path = path
    trajectories = try parts.enumerated().map { number, indices in
      try TrajectoryFile.trajectory(
        indices, columns, times, number: number, path: path)
    }
  }

  /// All positions, float32, N × J × 2.
  /// - Throws: `Failure` when there are none, or trajectories differ in their number of points.
  func tensor() throws -> Tensor {
    guard let points = trajectories.first?.count, points > 0 else {
      throw Failure("there are no trajectories", at: path, remedy: "give a file with some")
    }
    if let other = trajectories.firstIndex(where: { $0.count != points }) {
      throw Failure(
        "trajectory \(other) has \(trajectories[other].count) points, but trajectory 0 has \(points)",
        at: path, remedy: "give trajectories with equal numbers of points")
    }
    return Tensor(
      trajectories.flatMap { $0.positions.map(Float.init) }, shape: [trajectories.count, points, 2])
  }

  // MARK: Parts

  private enum Axis: String { case x, y, t }

  /// The variable that CF's attributes, or else its name, declare to be a coordinate.
  private static func coordinate(_ axis: Axis, in input: NetCDFInput) throws -> NetCDFInput.Variable
  {
    let (names, standard): ([String], [String]) =
      switch axis {
      case .x: (["x", "lon", "longitude"], ["longitude", "projection_x_coordinate"])
      case .y: (["y", "lat", "latitude"], ["latitude", "projection_y_coordinate"])
      case .t: (["time", "t"], ["time"])
      }
    let numbers = input.variables.filter { !$0.isText && (1...2).contains($0.dimensions.count) }
    let found =
      numbers.first { input.text("axis", of: $0)?.lowercased() == axis.rawValue }
      ?? numbers.first { standard.contains(input.text("standard_name", of: $0) ?? "") }
      ?? numbers.first { names.contains($0.name.lowercased()) }
    guard let found else {
      throw Failure(
        "no variable is the \(axis.rawValue) coordinate of trajectories", at: input.path,
        remedy: "mark it with the attribute axis = \"\(axis.rawValue.uppercased())\"")
    }
    return found
  }

  /// One time for every position; nil when the file has none.
  private static func times(in input: NetCDFInput, like x: NetCDFInput.Variable) throws
    -> [Double]?
  {
    guard let time = try? coordinate(.t, in: input) else { return nil }
    let values = try input.values(time)
    if time.dimensions == x.dimensions { return values }
    guard time.dimensions == Array(x.dimensions.suffix(1)) else {
      throw Failure(
        "'\(time.name)' has the dimensions \(time.dimensions) and '\(x.name)' \(x.dimensions)",
        at: input.path, remedy: "give one time for every position")
    }
    return (0..<x.shape[0]).flatMap { _ in values }
  }

  /// Where in row-major order the points of each trajectory stand.
  private static func parts(of x: NetCDFInput.Variable, in input: NetCDFInput) throws -> [[Int]] {
    if x.dimensions.count == 2 {
      let (count, length) = (x.shape[0], x.shape[1])
      return (0..<count).map { Array($0 * length..<($0 + 1) * length) }
    }
    let dimension = x.dimensions[0]
    func integers(_ variable: NetCDFInput.Variable) throws -> [Int] {
      try input.values(variable).map { value in
        guard let whole = Int(exactly: value), whole >= 0 else {
          throw Failure(
            "'\(variable.name)' holds \(value)", at: input.path,
            remedy: "write whole numbers from 0")
        }
        return whole
      }
    }
    let sizes = input.variables.first { input.text("sample_dimension", of: $0) == dimension }
    if let sizes {
      let counts = try integers(sizes)
      // No sum can overflow: each part is bounded first.
      guard counts.allSatisfy({ $0 <= x.count }), counts.reduce(0, +) == x.count else {
        throw Failure(
          "the sizes in '\(sizes.name)' do not add up to the \(x.count) observations",
          at: input.path, remedy: "write or download the file again")
      }
      var next = 0
      return counts.map { count in
        defer { next += count }
        return Array(next..<next + count)
      }
    }
    let owners = input.variables.first { variable in
      input.text("instance_dimension", of: variable) != nil && variable.dimensions == [dimension]
    }
    if let owners {
      let indices = try integers(owners)
      guard indices.allSatisfy({ $0 < x.count }) else {
        throw Failure(
          "'\(owners.name)' names more trajectories than there are observations", at: input.path,
          remedy: "write or download the file again")
      }
      var parts = [[Int]](repeating: [], count: (indices.max() ?? -1) + 1)
      for (observation, trajectory) in indices.enumerated() {
        parts[trajectory].append(observation)
      }
      return parts
    }
    return [Array(0..<x.count)]
  }

  /// One trajectory, without the missing points at its end.
  private static func trajectory(
    _ indices: [Int], _ columns: [[Double]], _ times: [Double]?, number: Int, path: String
  ) throws -> Trajectory {
    func isThere(_ index: Int) -> Bool { columns.allSatisfy { $0[index].isFinite } }
    let end = indices.lastIndex(where: isThere).map { $0 + 1 } ?? 0
    let present = indices[..<end]
    if let gap = present.firstIndex(where: { !isThere($0) }) {
      throw Failure(
        "point \(gap) of trajectory \(number) is missing", at: path,
        remedy: "fill gaps or cut the trajectory; only its end may be missing")
    }
    return Trajectory(
      times: times.map { times in present.map { times[$0] } } ?? [],
      positions: present.flatMap { [columns[0][$0], columns[1][$0]] })
  }
}
