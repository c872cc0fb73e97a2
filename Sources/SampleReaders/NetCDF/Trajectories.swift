import Files
import Samples

/// The trajectories of a file as samples: N × T × 2 positions in the order of time, or where their lengths differ
/// N × T_max × 3, with a last channel that is 1 where there is an observation and 0 where a shorter one is padded.
///
/// Longitudes go on over the date line: 179°, 181°.
struct Trajectories {
  private let path: String
  private let tracks: [Track]
  private let isFloat: Bool
  private let missingRows: [Int]

  private struct Track {
    var points: [(x: Double, y: Double)] = []
    /// Places without an observation, which stay (`--missing mask`).
    var gaps: Set<Int> = []
  }

  static func areIn(_ file: NetCDFFile) throws -> Bool { try TrajectoryLayout.areIn(file) }

  /// - Throws: `Failure` naming what is missing, unclear or damaged.
  init(_ file: NetCDFFile, _ options: SampleOptions) throws {
    let layout = try TrajectoryLayout(file, options)
    guard options.missing != .mean else {
      throw Failure(
        "the positions of trajectories have no common mean to put where one is missing",
        at: file.path, remedy: "give --missing drop or mask")
    }
    path = file.path
    var reader = try TrackReader(layout, file, options)
    let (parts, isLongitude) = (try reader.parts(), try reader.isLongitude())
    var (tracks, missing): ([Track], [Int]) = ([], [])
    for (number, places) in parts.enumerated() {
      do {
        var track = try reader.track(number, places)
        if isLongitude { reader.unwrap(&track.points) }
        tracks.append(Track(points: track.points, gaps: track.gaps))
      } catch let gap as MissingObservation {
        guard options.missing == .drop else { throw gap.failure(at: path) }
        missing.append(number)
        tracks.append(Track())
      }
    }
    reader.report()
    (self.tracks, isFloat, missingRows) = (tracks, reader.isFloat, missing)
  }

  func write(to sink: any RowSink, _ options: SampleOptions) throws -> Decoded {
    let lengths = Set(tracks.map(\.points.count)).subtracting([0])
    guard let longest = lengths.max(), let shortest = lengths.min() else {
      throw Failure("there are no trajectories", at: path, remedy: "give a file with some")
    }
    let marks = lengths.count > 1 || options.missing == .mask
    if lengths.count > 1 {
      options.report(
        "\(path): the trajectories have \(shortest) to \(longest) observations: padded to \(longest), "
          + "with a last channel that is 1 where there is one")
    }
    let channels = marks ? 3 : 2
    _ = try Extent.bytes([tracks.count, longest, channels], of: 8, at: path)
    try sink.begin(
      elementType: isFloat ? .float32 : .float64, shape: [longest, channels], count: tracks.count)
    for track in tracks {
      var row = [Double](repeating: 0, count: longest * channels)
      for (place, point) in track.points.enumerated() where !track.gaps.contains(place) {
        (row[place * channels], row[place * channels + 1]) = (point.x, point.y)
        if marks { row[place * channels + 2] = 1 }
      }
      if isFloat {
        try row.map(Float.init).withUnsafeBytes { try sink.append($0) }
      } else {
        try row.withUnsafeBytes { try sink.append($0) }
      }
    }
    return Decoded(samples: .numbers, missingRows: missingRows)
  }
}

/// An observation that is missing where there should be one.
private struct MissingObservation: Error {
  let trajectory: Int
  let what: String

  func failure(at path: String) -> Failure {
    Failure(
      what, at: "\(path) (trajectory \(trajectory))",
      remedy: "leave such trajectories out or mark the places: --missing drop or mask")
  }
}

/// Reads the observations of one trajectory after the other.
private struct TrackReader {
  private let file: NetCDFFile
  private let layout: TrajectoryLayout
  private let options: SampleOptions
  private let x: [Double]
  private let y: [Double]
  /// One time for each observation, or one for each place of all trajectories.
  private let times: [Double]?
  private let timesAreCommon: Bool
  let isFloat: Bool
  private var sorted = 0
  private var unwrapped = 0

  init(_ layout: TrajectoryLayout, _ file: NetCDFFile, _ options: SampleOptions) throws {
    (self.file, self.layout, self.options) = (file, layout, options)
    var leading: NetCDFFile.Dimension?
    if case .rows(let trajectory, _) = layout.kind { leading = trajectory }
    let (x, y) = (
      try TrajectoryColumn(layout.x, of: file, leading: leading),
      try TrajectoryColumn(layout.y, of: file, leading: leading)
    )
    (self.x, self.y, isFloat) = (x.values, y.values, x.isFloat && y.isFloat)
    times = try layout.time.map { try TrajectoryColumn($0, of: file, leading: leading).values }
    timesAreCommon = layout.time.map { $0.shape.count < layout.x.shape.count } ?? false
    if times == nil {
      options.report(
        "\(file.path): no variable is the time of observations: they are taken in the order of the file"
      )
    }
  }

  /// The places of the observations of each trajectory.
  func parts() throws -> [[Int]] {
    switch layout.kind {
    case .single(let observation): return [Array(0..<observation.length)]
    case .rows(let trajectory, let observation):
      let length = observation.length
      return (0..<trajectory.length).map { Array($0 * length..<($0 + 1) * length) }
    case .contiguous(let counts, let observation):
      let sizes = try integers(counts)
      // No sum can overflow: each part is bounded first.
      guard sizes.allSatisfy({ (0...observation.length).contains($0) }),
        sizes.reduce(0, +) == observation.length
      else {
        throw Failure(
          "the sizes in '\(counts.name)' do not add up to the \(observation.length) observations",
          at: file.path, remedy: "write or download the file again")
      }
      var next = 0
      return sizes.map { size in
        defer { next += size }
        return Array(next..<next + size)
      }
    case .indexed(let owners, let trajectories, _):
      var parts = [[Int]](repeating: [], count: trajectories)
      for (observation, trajectory) in try integers(owners).enumerated() {
        guard parts.indices.contains(trajectory) else {
          throw Failure(
            "'\(owners.name)' names the trajectory \(trajectory) of \(trajectories)",
            at: "\(file.path) (observation \(observation))",
            remedy: "write numbers from 0 to \(trajectories - 1)")
        }
        parts[trajectory].append(observation)
      }
      return parts
    }
  }

  private func integers(_ variable: NetCDFFile.Variable) throws -> [Int] {
    guard variable.type?.isText == false, variable.type?.isFloatingPoint == false,
      variable.shape.count == 1
    else {
      throw Failure(
        "'\(variable.name)' is not a vector of whole numbers", at: file.path,
        remedy: "write it as one")
    }
    return try file.integers(variable, start: [0], count: variable.shape)
  }

  /// Whether x is longitude in degrees, which jumps at the date line.
  func isLongitude() throws -> Bool {
    let units = file.text("units", of: layout.x) ?? ""
    if CoordinateAxis.east.contains(units) { return true }
    guard file.text("standard_name", of: layout.x) == "longitude" else { return false }
    if ["degrees", "degree"].contains(units) { return true }
    throw Failure(
      "'\(layout.x.name)' is longitude in \(units.isEmpty ? "no units" : "units of '\(units.prefix(60))'")",
      at: file.path, remedy: "give it the attribute units = \"degrees_east\"")
  }

  /// The observations of a trajectory in the order of time.
  mutating func track(_ number: Int, _ places: [Int]) throws -> (
    points: [(x: Double, y: Double)], gaps: Set<Int>
  ) {
    var (places, wasSorted) = (places, false)
    defer { if wasSorted { sorted += 1 } }
    let first = places.first ?? 0
    func time(_ place: Int) -> Double? {
      times.map { $0[timesAreCommon ? place - first : place] }
    }
    func isThere(_ place: Int) -> Bool { !x[place].isNaN && !y[place].isNaN }
    func isAbsent(_ place: Int) -> Bool { x[place].isNaN && y[place].isNaN }
    // Where nothing is, not even a time, there is no observation.
    if !timesAreCommon, times != nil {
      places.removeAll { isAbsent($0) && time($0)?.isNaN != false }
    }
    if try order(&places, number, time, isAbsent) { wasSorted = true }
    places = Array(places[..<(places.lastIndex { !isAbsent($0) }.map { $0 + 1 } ?? 0)])
    guard !places.isEmpty else {
      throw MissingObservation(trajectory: number, what: "there is no observation")
    }
    let gaps = places.indices.filter { !isThere(places[$0]) }
    if let gap = gaps.first, options.missing != .mask {
      throw MissingObservation(
        trajectory: number,
        what:
          "the position of observation \(gap) is missing: (\(x[places[gap]]), \(y[places[gap]]))")
    }
    return (places.map { (x[$0], y[$0]) }, Set(gaps))
  }

  /// Brings places into the order of time; whether they were not.
  private func order(
    _ places: inout [Int], _ number: Int, _ time: (Int) -> Double?, _ isAbsent: (Int) -> Bool
  ) throws -> Bool {
    guard times != nil else { return false }
    if let bad = places.firstIndex(where: { !isAbsent($0) && time($0)?.isNaN == true }) {
      throw MissingObservation(
        trajectory: number, what: "the time of observation \(bad) is missing")
    }
    // Those without a time have no position either, and go.
    places.removeAll { time($0)?.isNaN == true }
    let values = places.compactMap(time)
    guard !zip(values, values.dropFirst()).allSatisfy(<) else { return false }
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    if let twice = zip(order, order.dropFirst()).first(where: { values[$0] == values[$1] }) {
      throw Failure(
        "observations \(twice.0) and \(twice.1) are both of the time \(values[twice.0])",
        at: "\(file.path) (trajectory \(number))", remedy: "keep one of them")
    }
    places = order.map { places[$0] }
    return true
  }

  /// Longitudes without jumps: each at most 180° from the one before.
  mutating func unwrap(_ points: inout [(x: Double, y: Double)]) {
    var (last, turns) = (Double.nan, 0.0)
    var hasJumped = false
    for i in points.indices where !points[i].x.isNaN {
      let jump = points[i].x - last
      // Not where there is no last one.
      if abs(jump) > 180, jump.isFinite {
        turns -= 360 * (jump / 360).rounded()
        hasJumped = true
      }
      last = points[i].x
      points[i].x += turns
    }
    if hasJumped { unwrapped += 1 }
  }

  func report() {
    if sorted > 0 {
      options.report("\(file.path): \(sorted) trajectories were out of the order of time: sorted")
    }
    if unwrapped > 0 {
      options.report(
        "\(file.path): \(unwrapped) trajectories jump over the date line: their longitudes go on instead"
      )
    }
  }
}
