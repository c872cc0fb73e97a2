import Files
import Torch

/// Pairs (uⁱ, vⁱ), i = 1…N, or tuples of more modalities: row i of one belongs to row i of the others.
///
/// The samples stay where they lie; parts and selections are views that copy nothing.
///
/// ```swift
/// let pairs = try PairedData(u: features, v: labels)
/// let batch = try pairs.batch([0, 5, 7])   // three rows of each, in memory
/// ```
public struct PairedData {
  /// In the order of a coupling's sides.
  public let modalities: [Modality]
  private let sources: [any SampleSource]
  /// Which pairs share a partner; nil when each is on its own.
  public let groups: Groups?
  /// The row of each pair in the files that the user gave; nil when pair i is row i.
  public let fileRows: [Int]?

  /// - Throws: `Failure` when the numbers of rows differ, or there are none.
  public init(
    _ sides: [(modality: Modality, samples: any SampleSource)], groups: Groups? = nil
  ) throws {
    guard let first = sides.first, sides.count >= 2 else {
      throw Failure("there are \(sides.count) modalities", remedy: "give at least two")
    }
    if let other = sides.first(where: { $0.samples.count != first.samples.count }) {
      throw Failure(
        "\(first.samples.count) samples of \(first.modality), but \(other.samples.count) of "
          + "\(other.modality) in \(other.samples.name)", at: first.samples.name,
        remedy: "give as many rows of each: row i of one belongs to row i of the others")
    }
    guard first.samples.count > 0 else {
      throw Failure("there are no pairs", at: first.samples.name, remedy: "give at least two")
    }
    let pairs = PairedData(
      modalities: sides.map(\.modality), sources: sides.map(\.samples), groups: nil, fileRows: nil)
    self = try groups.map(pairs.grouped(by:)) ?? pairs
  }

  /// Pairs of u and v.
  /// - Throws: `Failure` when there are no pairs, or not as many samples, or groups, of one as of the other.
  public init(u: any SampleSource, v: any SampleSource, groups: Groups? = nil) throws {
    try self.init([(.u, u), (.v, v)], groups: groups)
  }

  /// Pairs of u and v in memory; int64 tensors of shape N are labels.
  /// - Throws: `Failure` when there are no pairs, or not as many rows, or groups, of one as of the other.
  public init(u: Tensor, v: Tensor, groups: Groups? = nil) throws {
    guard u.rank >= 1, v.rank >= 1, u.shape[0] == v.shape[0] else {
      throw Failure(
        "u has the shape \(u.shape) and v the shape \(v.shape)",
        remedy: "give as many rows of u as of v: row i of one belongs to row i of the other")
    }
    try self.init(
      u: TensorSamples(u, name: "u"), v: TensorSamples(v, name: "v"), groups: groups)
  }

  private init(
    modalities: [Modality], sources: [any SampleSource], groups: Groups?, fileRows: [Int]?
  ) {
    (self.modalities, self.sources) = (modalities, sources)
    (self.groups, self.fileRows) = (groups, fileRows)
  }

  /// N.
  public var count: Int { sources[0].count }

  /// The samples of each modality, in their order.
  public var samples: [any SampleSource] { sources }

  /// The samples of a modality, which must be one of these.
  public subscript(_ modality: Modality) -> any SampleSource {
    guard let place = modalities.firstIndex(of: modality) else {
      // A programmer's error, as an index out of range is.
      fatalError("PairedData: no modality \(modality) among \(modalities)")
    }
    return sources[place]
  }

  // MARK: Parts

  /// The pairs at some rows, in that order, as a view.
  public func select(_ rows: [Int]) -> PairedData {
    PairedData(
      modalities: modalities, sources: sources.map { $0.view(rows) }, groups: groups?.select(rows),
      fileRows: fileRows.map { known in rows.map { known[$0] } } ?? rows)
  }

  /// The row of pair i in the files that the user gave.
  public func fileRow(_ i: Int) -> Int { fileRows?[i] ?? i }

  /// The pairs of a range, as a view.
  public subscript(_ range: Range<Int>) -> PairedData { select(Array(range)) }

  /// At most `limit` pairs, random ones (always the same) when there are more.
  public func sample(_ limit: Int) -> PairedData {
    guard count > limit else { return self }
    return select(Array(Tensor.permutation(count, key: Key(0)).array(Int.self).prefix(limit)))
  }

  /// One pair of each group, drawn by a key: independent pairs. These pairs themselves where there are no groups.
  public func independent(key: Key) -> PairedData {
    guard let groups, !groups.areTrivial else { return self }
    return select(groups.representatives(key: key))
  }

  /// The same pairs with other groups.
  /// - Throws: `Failure` when there is not one for each pair.
  public func grouped(by groups: Groups?) throws -> PairedData {
    if let groups, groups.numbers.count != count {
      throw Failure(
        "\(groups.numbers.count) groups for \(count) pairs", remedy: "give one group for each pair")
    }
    return PairedData(
      modalities: modalities, sources: sources, groups: groups, fileRows: fileRows)
  }

  /// The same pairs with other samples in place of these, side by side.
  func with(_ samples: (Modality, any SampleSource) throws -> any SampleSource) rethrows
    -> PairedData
  {
    PairedData(
      modalities: modalities, sources: try zip(modalities, sources).map(samples), groups: groups,
      fileRows: fileRows)
  }

  /// A random split in two (`Split`): the fraction `heldOut` set aside.
  /// - Throws: `Failure` when the labels cannot be read, or all pairs are of one group.
  public func split(heldOut fraction: Double, key: Key) throws -> (
    training: PairedData, heldOut: PairedData
  ) {
    let split = try Split(of: self, heldOut: fraction, key: key)
    return (select(split.training), select(split.heldOut))
  }

  /// The pairs of which no sample is to be dropped for a missing value.
  /// - Parameter report: told how many were dropped.
  /// - Throws: `Failure` when none is left.
  public func complete(report: (String) -> Void = { _ in }) throws -> PairedData {
    let missing = Set(sources.flatMap(\.missingRows))
    guard !missing.isEmpty else { return self }
    guard missing.count < count else {
      throw Failure(
        "every pair has a missing value", at: sources[0].name,
        remedy: "fill them in with --missing mean, or with mask")
    }
    report("\(missing.count) of \(count) pairs have a missing value and are left out")
    return select((0..<count).filter { !missing.contains($0) })
  }

  // MARK: In memory

  /// All samples of u, in memory.
  /// - Throws: `Failure` when they cannot be read.
  public var u: Tensor { get throws { try self[.u].all() } }

  /// All samples of v, in memory.
  /// - Throws: `Failure` when they cannot be read.
  public var v: Tensor { get throws { try self[.v].all() } }

  /// The samples at some rows, one tensor a modality.
  /// - Throws: `Failure` when a file cannot be read.
  public func batch(_ rows: [Int]) throws -> [Tensor] { try sources.map { try $0.rows(rows) } }

  /// The same pairs, read into memory.
  /// - Throws: `Failure` when a file cannot be read.
  public func inMemory() throws -> PairedData {
    try with { TensorSamples(try $1.all(), space: $1.space, name: $1.name) }
  }
}
