import Files
import Samples

/// Where the trajectories of a file of CF's discrete sampling geometries lie (CF 1.11, chapter 9 and appendix H.4), as
/// attributes, dimensions and time say it: no name is evidence, and what stays unclear is refused.
struct TrajectoryLayout {
  let x: NetCDFFile.Variable
  let y: NetCDFFile.Variable
  /// nil when the file has no time.
  let time: NetCDFFile.Variable?
  let kind: Kind

  enum Kind {
    /// A row of the observations of each, missing where there is none; time may be common to all.
    case rows(trajectory: NetCDFFile.Dimension, observation: NetCDFFile.Dimension)
    /// One after the other; a variable counts the observations of each.
    case contiguous(counts: NetCDFFile.Variable, observation: NetCDFFile.Dimension)
    /// In any order; a variable names the trajectory of each observation.
    case indexed(owners: NetCDFFile.Variable, trajectories: Int, observation: NetCDFFile.Dimension)
    /// One trajectory alone.
    case single(observation: NetCDFFile.Dimension)
  }

  /// Whether a file declares that it holds trajectories.
  static func areIn(_ file: NetCDFFile) throws -> Bool {
    if let feature = file.text("featureType") { return feature.lowercased() == "trajectory" }
    return file.variables.contains { file.text("cf_role", of: $0) == "trajectory_id" }
  }

  /// - Throws: `Failure` naming what is missing.
  init(_ file: NetCDFFile, _ options: SampleOptions) throws {
    let search = try CoordinateSearch(file)
    let counts = file.variables.filter { file.text("sample_dimension", of: $0) != nil }
    let owners = file.variables.filter { file.text("instance_dimension", of: $0) != nil }
    guard counts.count + owners.count <= 1 else {
      throw Failure(
        "more than one variable says which observations belong together: "
          + (counts + owners).map(\.name).joined(separator: ", "), at: file.path,
        remedy: "keep one sample_dimension or instance_dimension")
    }
    if let counts = counts.first {
      let observation = try search.dimension(
        file.text("sample_dimension", of: counts) ?? "", of: counts, "sample_dimension")
      (x, y, time) = try search.track("along '\(observation.name)'") { $0 == [observation.id] }
      kind = .contiguous(counts: counts, observation: observation)
    } else if let owners = owners.first {
      let instance = try search.dimension(
        file.text("instance_dimension", of: owners) ?? "", of: owners, "instance_dimension")
      guard let observation = owners.dimensions.first, owners.dimensions.count == 1 else {
        throw Failure(
          "'\(owners.name)' is not a vector of the trajectories of observations", at: file.path,
          remedy: "give it the dimension of observations")
      }
      (x, y, time) = try search.track("along '\(observation.name)'") { $0 == [observation.id] }
      kind = .indexed(owners: owners, trajectories: instance.length, observation: observation)
    } else {
      ((x, y, time), kind) = try search.unmarked(options)
    }
  }
}

/// Finds the coordinates of tracks.
private struct CoordinateSearch {
  typealias Track = (x: NetCDFFile.Variable, y: NetCDFFile.Variable, time: NetCDFFile.Variable?)

  let file: NetCDFFile
  /// The variable that identifies trajectories; nil when there is none.
  private let identity: NetCDFFile.Variable?

  init(_ file: NetCDFFile) throws {
    self.file = file
    let identities = file.variables.filter { file.text("cf_role", of: $0) == "trajectory_id" }
    guard identities.count <= 1 else {
      throw Failure(
        "more than one variable has cf_role = trajectory_id: "
          + identities.map(\.name).joined(separator: ", "), at: file.path, remedy: "keep one")
    }
    identity = identities.first
  }

  func dimension(_ name: String, of variable: NetCDFFile.Variable, _ attribute: String) throws
    -> NetCDFFile.Dimension
  {
    if let known = file.dimension(name, of: variable.group) { return known }
    throw Failure(
      "\(attribute) of '\(variable.name)' names '\(name.prefix(60))', which is not a dimension",
      at: file.path, remedy: "give it the name of a dimension")
  }

  /// Coordinates whose dimensions fit; a position beside the track has others.
  func track(_ where: String, fits: ([Int32]) -> Bool) throws -> Track {
    let x = try one(.x, `where`, fits)
    let y = try one(.y, `where`, fits)
    guard Set(x.dimensions) == Set(y.dimensions) else {
      throw Failure(
        "'\(x.name)' has the dimensions \(x.dimensions.map(\.name)) and '\(y.name)' "
          + "\(y.dimensions.map(\.name))", at: file.path, remedy: "give both the same")
    }
    let times = candidates(.t) { ids in
      Set(ids) == Set(x.dimensions.map(\.id))
        || (x.dimensions.count == 2 && ids.count == 1 && x.dimensions.map(\.id).contains(ids[0])
          && identity?.dimensions.first?.id != ids[0])
    }
    guard times.count <= 1 else { throw several(.t, times) }
    if times.isEmpty,
      let text = file.variables.first(where: {
        $0.isText && Set(x.dimensions).isSubset(of: $0.dimensions)
          && CoordinateAxis($0, in: file) == .t
      })
    {
      throw Failure(
        "'\(text.name)', the time of observations, is text", at: file.path,
        remedy: "write it as numbers, in units like \"seconds since 2000-01-01\"")
    }
    return (x, y, times.first)
  }

  private func one(_ axis: CoordinateAxis, _ where: String, _ fits: ([Int32]) -> Bool) throws
    -> NetCDFFile.Variable
  {
    let found = candidates(axis, fits)
    guard found.count <= 1 else { throw several(axis, found) }
    if let variable = found.first { return variable }
    throw Failure(
      "no variable \(`where`) is the \(axis.rawValue) coordinate of trajectories", at: file.path,
      remedy: "mark it with the attribute axis = \"\(axis.rawValue.uppercased())\"")
  }

  /// Of several, those marked as axis count alone.
  private func candidates(_ axis: CoordinateAxis, _ fits: ([Int32]) -> Bool)
    -> [NetCDFFile.Variable]
  {
    let found = file.variables.filter {
      $0.isNumeric && fits($0.dimensions.map(\.id)) && CoordinateAxis($0, in: file) == axis
    }
    let marked = found.filter { file.text("axis", of: $0) != nil }
    return found.count > 1 && !marked.isEmpty ? marked : found
  }

  private func several(_ axis: CoordinateAxis, _ found: [NetCDFFile.Variable]) -> Failure {
    Failure(
      "more than one variable is the \(axis.rawValue) coordinate of trajectories: "
        + found.map(\.name).joined(separator: ", "), at: file.path,
      remedy: "mark one with the attribute axis = \"\(axis.rawValue.uppercased())\"")
  }

  // MARK: Without ragged markers

  func unmarked(_ options: SampleOptions) throws -> (Track, TrajectoryLayout.Kind) {
    guard let instance = try instance() else {
      let isTable = !candidates(.x) { $0.count == 2 }.isEmpty
      return isTable && identity == nil ? try tableByTime(options) : try single()
    }
    let hasTable = !candidates(.x) { $0.count == 2 && $0.contains(instance.id) }.isEmpty
    let hasVector = !candidates(.x) { $0.count == 1 && $0 != [instance.id] }.isEmpty
    guard hasTable || instance.length == 1 || !hasVector else {
      throw Failure(
        "nothing says which observations belong to which of the \(instance.length) trajectories",
        at: file.path,
        remedy: "mark the variable that counts the observations of each with sample_dimension")
    }
    if !hasTable, hasVector { return try single() }
    let track = try track("along '\(instance.name)' and one more dimension") {
      $0.count == 2 && $0.contains(instance.id)
    }
    let other = track.x.dimensions[track.x.dimensions[0].id == instance.id ? 1 : 0]
    return (track, .rows(trajectory: instance, observation: other))
  }

  /// The dimension that counts trajectories; nil when no variable identifies them, or there is only one.
  private func instance() throws -> NetCDFFile.Dimension? {
    // Text has its length as a dimension of its own.
    guard let identity, identity.dimensions.count > (identity.type == .char ? 1 : 0) else {
      return nil
    }
    let dimensions = identity.dimensions
    guard identity.isNumeric, dimensions.count == 2 else { return dimensions[0] }
    // Some write the number of the trajectory beside each observation.
    let (values, columns) = (try file.unpacked(identity), identity.shape[1])
    func isConstant(_ line: StrideTo<Int>) -> Bool {
      Set(line.map { values[$0] }.filter { !$0.isNaN }).count <= 1
    }
    let byRow = (0..<identity.shape[0]).allSatisfy {
      isConstant(stride(from: $0 * columns, to: ($0 + 1) * columns, by: 1))
    }
    let byColumn = (0..<columns).allSatisfy {
      isConstant(stride(from: $0, to: values.count, by: columns))
    }
    guard byRow != byColumn else {
      throw Failure(
        "'\(identity.name)' does not tell which of '\(dimensions[0].name)' and "
          + "'\(dimensions[1].name)' counts trajectories", at: file.path,
        remedy: "give it the dimension of trajectories alone")
    }
    return dimensions[byRow ? 0 : 1]
  }

  /// One trajectory, unless a variable looks as if it counted the observations of several.
  private func single() throws -> (Track, TrajectoryLayout.Kind) {
    let track = try track("along one dimension") { $0.count == 1 }
    let observation = track.x.dimensions[0]
    for variable in file.variables where variable.shape.count == 1 && variable.isNumeric {
      guard variable.type?.isFloatingPoint == false, variable.dimensions[0] != observation,
        try file.values(variable).reduce(0, +) == Double(observation.length)
      else { continue }
      throw Failure(
        "'\(variable.name)' seems to count the observations of each trajectory, but does not say so",
        at: file.path,
        remedy: "mark it with the attribute sample_dimension = \"\(observation.name)\"")
    }
    return (track, .single(observation: observation))
  }

  /// A table without cf_role: observations are counted along the axis of a common time, or along the only one on which
  /// time rises in every line.
  private func tableByTime(_ options: SampleOptions) throws -> (Track, TrajectoryLayout.Kind) {
    let track = try track("along two dimensions") { $0.count == 2 }
    let dimensions = track.x.dimensions
    var observed: [Int] = []
    if let time = track.time, time.dimensions.count == 1 {
      // A coordinate variable has the name of its dimension; other times may be those of deployment.
      if time.ownName == time.dimensions[0].name {
        observed = [dimensions[0].id == time.dimensions[0].id ? 0 : 1]
      }
    } else if let time = track.time {
      observed = try [0, 1].filter { try rises(time, along: dimensions[$0]) }
    }
    guard observed.count == 1, let axis = observed.first else {
      throw Failure(
        "nothing says which of '\(dimensions[0].name)' and '\(dimensions[1].name)' counts "
          + "trajectories", at: file.path,
        remedy: "give the variable that identifies them the attribute cf_role = \"trajectory_id\"")
    }
    options.report(
      "\(file.path): observations are counted along '\(dimensions[axis].name)', as time says; there is no cf_role"
    )
    return (track, .rows(trajectory: dimensions[1 - axis], observation: dimensions[axis]))
  }

  private func rises(_ time: NetCDFFile.Variable, along dimension: NetCDFFile.Dimension) throws
    -> Bool
  {
    let values = try TrajectoryColumn(time, of: file).values
    let columns = time.shape[1]
    let isFirst = time.dimensions[0] == dimension
    let lines =
      isFirst
      ? (0..<columns).map { stride(from: $0, to: values.count, by: columns) }
      : (0..<time.shape[0]).map { stride(from: $0 * columns, to: ($0 + 1) * columns, by: 1) }
    return dimension.length > 1
      && lines.allSatisfy { line in
        let times = line.map { values[$0] }.filter { !$0.isNaN }
        return zip(times, times.dropFirst()).allSatisfy(<)
      }
  }
}

/// The numbers of a coordinate: unpacked, and not a number where missing.
struct TrajectoryColumn {
  let values: [Double]
  let isFloat: Bool

  /// - Parameter leading: the dimension that is to be the first; nil for the order of the file.
  init(
    _ variable: NetCDFFile.Variable, of file: NetCDFFile, leading: NetCDFFile.Dimension? = nil
  ) throws {
    let conventions = try Conventions(variable, in: file)
    // Four such columns at most.
    try Extent.requireInMemory(
      Extent.bytes(variable.shape, of: 64, at: file.path), "the trajectories", at: file.path)
    let values = try file.unpacked(variable)
    isFloat = conventions.isPacked ? conventions.unpacksToFloat : variable.type == .float
    guard let leading, variable.dimensions.count == 2, variable.dimensions[0] != leading else {
      self.values = values
      return
    }
    let (rows, columns) = (variable.shape[0], variable.shape[1])
    self.values = (0..<columns).flatMap { column in
      (0..<rows).map { values[$0 * columns + column] }
    }
  }
}
