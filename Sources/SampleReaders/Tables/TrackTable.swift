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
          "the column '\(columns.names[place].quoted)' holds \(column.type)", at: name,
          remedy: "give columns of numbers, and one of numbers or times for the time")
      }
    }
    return .numbers(try samples(of: try observations(id, time, coordinates), options))
  }

  private func place(_ text: String) throws -> Int {
    let places = try columns.places(text)
    guard places.count == 1 else {
      throw Failure(
        "'\(text.quoted)' are \(places.count) columns", at: name,
        remedy: "give one for the trajectory and one for the time")
    }
    return places[0]
  }

  /// Those of all trajectories, as the table has them.
  private struct Observations {
    /// The identifiers of trajectories, and the trajectory of each observation.
    var ids: [String] = []
    var tracks: [Int] = []
    var times: [Double] = []
    /// By coordinate.
    var values: [[Double]]

    /// By trajectory and time.
    func sorted() -> [Int] {
      tracks.indices.sorted { (tracks[$0], times[$0]) < (tracks[$1], times[$1]) }
    }
  }

  private func observations(_ id: Int, _ time: Int, _ coordinates: [Int]) throws -> Observations {
    var found = Observations(values: coordinates.map { _ in [] })
    var numbers: [String: Int] = [:]
    try table.forEachBatch(of: [id, time] + coordinates, hasHeader: hasHeader, text: id) {
      let start = found.tracks.count
      // Three numbers beside the coordinates: one is the place in the order.
      try table.requireInMemory(
        (start + table.rowCount) * (3 + coordinates.count) * 8, "the trajectories")
      // As texts: numbers may be larger than float64 tells apart.
      let ids = try table.texts(id)
      found.times += try table.numbers(time)
      for (place, column) in coordinates.enumerated() {
        found.values[place] += try table.numbers(column)
      }
      for (row, id) in ids.enumerated() {
        guard let id, !found.times[start + row].isNaN,
          found.values.allSatisfy({ $0[start + row].isFinite })
        else {
          throw Failure(
            "a value is missing or not finite", at: .file(name, field: "row \(start + row)"),
            remedy: "leave out the observations that miss something")
        }
        let number = numbers[id, default: found.ids.count]
        if number == found.ids.count {
          numbers[id] = number
          found.ids.append(id)
        }
        found.tracks.append(number)
      }
    }
    return found
  }

  private func samples(of all: Observations, _ options: SampleOptions) throws -> any SampleSource {
    let order = all.sorted()
    for (one, next) in zip(order, order.dropFirst())
    where (all.tracks[one], all.times[one]) == (all.tracks[next], all.times[next]) {
      throw Failure(
        "the trajectory \(all.ids[all.tracks[one]]) has two observations at one time", at: name,
        remedy: "leave one of them out")
    }
    let tracks = order.chunked { all.tracks[$0] == all.tracks[$1] }
    let lengths = tracks.map(\.count)
    guard let longest = lengths.max(), let shortest = lengths.min() else {
      throw Failure("the table has no rows", at: name, remedy: "give a row for each observation")
    }
    let isPadded = longest > shortest
    let channels = all.values.count + (isPadded ? 1 : 0)
    if isPadded {
      options.report(
        "\(name): trajectories of \(shortest) to \(longest) observations are padded with 0; a last channel is 1 "
          + "where there is an observation")
    }
    let decoded = try DecodedTable(
      width: longest * channels, isFloat32: false, expectedRows: tracks.count,
      memoryLimit: table.memoryLimit, name: name)
    for track in tracks {
      var row: [Double] = []
      for place in track { row += all.values.map { $0[place] } + (isPadded ? [1] : []) }
      row += Array(repeating: 0, count: longest * channels - row.count)
      try decoded.append(row)
    }
    return try decoded.finish([longest, channels])
  }
}

extension Array {
  /// Cut where neighbours do not belong together.
  fileprivate func chunked(_ belong: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
    let cuts = indices.dropFirst().filter { !belong(self[$0 - 1], self[$0]) }
    return zip([0] + cuts, cuts + [count]).map { self[$0..<$1] }.filter { !$0.isEmpty }
  }
}
