import CArrow
import Files
import Samples
import Torch

/// Trajectories as a long table, a row an observation, as Parcels writes them: `FILE:trajectory/time/lon,lat` names the
/// columns of the trajectory, of the time, and of the coordinates.
///
/// Trajectories come in the order in which they first occur, each sorted by time: N × T × d where all are equally long;
/// otherwise N × T_max × (d + 1), padded with 0, with a last channel that is 1 where there is an observation.
struct TrackTable {
  let table: ArrowTable
  let columns: TableColumns
  let hasHeader: Bool
  /// What the user calls the samples.
  let name: String

  func read(_ member: String, _ options: SampleOptions) throws -> RawSamples {
    let parts = member.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let (id, time) = (try place(parts[0]), try place(parts[1]))
    let coordinates = try columns.places(parts[2])
    for place in [time] + coordinates {
      let column = table.columns[place]
      guard
        column.kind == CA_NUMBER || column.kind == CA_FLOAT
          || (place == time && column.kind == CA_TIME)
      else {
        throw Failure(
          "the column '\(columns.names[place])' holds \(column.type)", at: name,
          remedy: "give columns of numbers, and one of numbers or times for the time")
      }
    }
    let tracks = try tracks(id, time, coordinates)
    return .numbers(try samples(of: tracks, coordinates.count, options))
  }

  private func place(_ text: String) throws -> Int {
    let places = try columns.places(text)
    guard places.count == 1 else {
      throw Failure(
        "'\(text)' are \(places.count) columns", at: name,
        remedy: "give one for the trajectory and one for the time")
    }
    return places[0]
  }

  private typealias Observation = (time: Double, place: [Double])

  private func tracks(_ id: Int, _ time: Int, _ coordinates: [Int]) throws -> [[Observation]] {
    var numbers: [String: Int] = [:]
    var tracks: [[Observation]] = []
    var start = 0
    try table.forEachBatch(of: [id, time] + coordinates, hasHeader: hasHeader) {
      let isText = table.columns[id].kind == CA_TEXT
      let ids =
        isText ? try table.texts(id) : try table.numbers(id).map { $0.isNaN ? nil : String($0) }
      let times = try table.numbers(time)
      let values = try coordinates.map { try table.numbers($0) }
      for row in 0..<table.rowCount {
        let place = values.map { $0[row] }
        guard let id = ids[row], !times[row].isNaN, place.allSatisfy(\.isFinite) else {
          throw Failure(
            "a value is missing or not finite", at: .file(name, field: "row \(start + row)"),
            remedy: "leave out the observations that miss something")
        }
        let number = numbers[id, default: tracks.count]
        if number == tracks.count {
          numbers[id] = number
          tracks.append([])
        }
        tracks[number].append((times[row], place))
      }
      start += table.rowCount
    }
    for number in tracks.indices {
      tracks[number].sort { $0.time < $1.time }
      for (one, next) in zip(tracks[number], tracks[number].dropFirst()) where one.time == next.time
      {
        let id = numbers.first { $0.value == number }?.key ?? ""
        throw Failure(
          "the trajectory \(id) has two observations at one time", at: name,
          remedy: "leave one of them out")
      }
    }
    return tracks
  }

  private func samples(of tracks: [[Observation]], _ size: Int, _ options: SampleOptions) throws
    -> any SampleSource
  {
    let lengths = tracks.map(\.count)
    guard let longest = lengths.max(), let shortest = lengths.min() else {
      throw Failure("the table has no rows", at: name, remedy: "give a row for each observation")
    }
    let isPadded = longest > shortest
    let channels = size + (isPadded ? 1 : 0)
    guard tracks.count.multipliedReportingOverflow(by: longest * channels).partialValue < 1 << 31
    else {
      throw Failure(
        "\(tracks.count) trajectories of up to \(longest) observations are too many to pad",
        at: name, remedy: "leave out the longest ones")
    }
    if isPadded {
      options.report(
        "\(name): trajectories of \(shortest) to \(longest) observations are padded with 0; a last channel is 1 "
          + "where there is an observation")
    }
    var decoded = DecodedTable(width: longest * channels, isFloat32: false, name: name)
    for track in tracks {
      var row: [Double] = []
      for observation in track { row += observation.place + (isPadded ? [1] : []) }
      row += Array<Double>(repeating: 0, count: longest * channels - row.count)
      try decoded.append(row)
    }
    return try decoded.finish([longest, channels])
  }
}
