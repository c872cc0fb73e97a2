import CoupletCore
import Encoders
import Files

// The one validation of settings, wherever they come from: the ranges of the options of couplet train, and what no option
// can say.
extension RunConfiguration {
  /// - Throws: `Failure` at the first setting whose value is none that a run can have, as an edited file may have it.
  public func validate() throws {
    try requireKnownVersion()
    try requireSides()
    for setting in Self.ofData + Self.ofModel + Self.ofLoss + Self.ofOptimisation {
      try Failure.at(.setting(setting.key)) { _ = try setting.text(self).map(setting.change) }
    }
    guard tilting.value.needsOneDimension || !learnTemperature else {
      throw Failure(
        "a pair score alone has no temperature", at: .setting("learn-temperature"),
        remedy: "leave it out, or let the pair score correct another tilting")
    }
    guard dimension != Self.automaticDimension else {
      throw Failure(
        "the dimension has not been decided", at: .setting("dimension"),
        remedy: "give a number, or train anew")
    }
    if learnTemperature {
      try Failure.at(.setting("temperature-bounds")) { _ = try temperatureSettings() }
    }
    for side in sides { try side.requireSound() }
    for (name, fill) in reading?.fills ?? [:] {
      guard fill.means.allSatisfy(\.isFinite), fill.marks.allSatisfy(fill.means.indices.contains),
        Set(fill.marks).count == fill.marks.count
      else {
        throw Failure(
          "what fills missing values of \(name.quoted) fits no data", at: .setting("reading"),
          remedy: "restore the file, or train again")
      }
    }
  }

  private func requireKnownVersion() throws {
    guard (1...Self.currentFormat).contains(format) else {
      throw Failure(
        "the layout \(format) is not known to version \(CoupletVersion.current)",
        at: .setting("format"), remedy: "use the version that wrote it, or train again")
    }
    guard let written = CoupletVersion.numbers(of: version),
      let own = CoupletVersion.numbers(of: CoupletVersion.current),
      !own.lexicographicallyPrecedes(written)
    else {
      throw Failure(
        "it was written by version \(version.quoted), and this is \(CoupletVersion.current)",
        at: .setting("version"), remedy: "use that version, or train again")
    }
  }

  private func requireSides() throws {
    guard sides.map(\.modality) == [.u, .v] else {
      let names = sides.prefix(4).map { $0.modality.name.quoted }.joined(separator: ", ")
      throw Failure(
        "there are \(sides.count) sides (\(names)), and a run has u and v", at: .setting("sides"),
        remedy: "restore the file, or train again")
    }
  }

  /// Refuses a batch, or a queue, that does not fit into the memory that is there.
  /// - Parameter pairs: of an epoch.
  /// - Throws: `Failure` at the setting to make smaller.
  public func requireRoom(pairs: Int) throws {
    let rows = min(batch, pairs)
    if let pair = tilting.value.pair {
      // What is kept of every layer for its derivatives.
      try Memory.require(
        Memory.bytes(
          [rows, pair.batches(of: rows)[0].count, pair.width, 6 * pair.blocks + 3], of: 4),
        for: "\(rows) pairs with \(pair.negatives) negatives each", at: .setting("tilting"),
        remedy: "give fewer negatives, a smaller width, or a smaller `batch`")
    }
    for side in sides {
      // Samples, embeddings, and the derivatives of these.
      let row = Memory.bytes([side.space.size ?? 1], of: 4) &+ Memory.bytes([dimension], of: 12)
      try Memory.require(
        Memory.bytes([rows, max(row, 0)]), for: "a batch of \(rows) pairs", at: .setting("batch"),
        remedy: "give a smaller one, or a smaller `dimension`")
      guard case .queue(let capacity) = side.reference else { continue }
      let kept = min(capacity, Memory.bytes([pairs, epochs]))
      // The queue, and it with a batch more.
      try Memory.require(
        Memory.bytes([kept, dimension], of: 8), for: "a queue of \(kept) embeddings",
        at: .setting("reference-\(side.modality)"), remedy: "give a smaller one")
    }
  }
}

extension SideSettings {
  /// - Throws: `Failure` when the samples' space, or the labels' frequencies, are none that data can have.
  func requireSound() throws {
    let remedy = "restore the file, or train again"
    if let shape = space.shape {
      guard shape.allSatisfy({ $0 >= 0 }), Memory.bytes(shape, of: 4) <= Memory.limit else {
        throw Failure(
          "there are no samples of shape \(space)", at: .setting("sides.\(modality).space"),
          remedy: remedy)
      }
    }
    if case .image(let shape) = space, shape.count != 3 {
      throw Failure(
        "there are no images of shape \(space)", at: .setting("sides.\(modality).space"),
        remedy: remedy)
    }
    guard let labelFrequencies else { return }
    guard labelFrequencies.count == space.labels?.count,
      labelFrequencies.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw Failure(
        "\(labelFrequencies.count) frequencies are not those of \(space)",
        at: .setting("sides.\(modality).label-frequencies"), remedy: remedy)
    }
  }
}

extension CoupletVersion {
  /// `[0, 1, 0]`; nil for what is no version.
  static func numbers(of version: String) -> [Int]? {
    let parts = version.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    return parts.count == 3 && numbers.count == 3 && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
  }
}

extension Failure {
  /// A failure of a setting, where that stands in a file: `config.json (learningRate)`.
  func inSettings(of file: String) -> Failure {
    switch place {
    case .setting(let key, _): at(.file(file, field: Setting<RunConfiguration>.jsonKey(key)))
    case .none: at(.file(file))
    default: self
    }
  }
}
