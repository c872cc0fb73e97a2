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
    if let groups, groups.numbers.count != first.samples.count {
      throw Failure(
        "\(groups.numbers.count) groups for \(first.samples.count) pairs",
        remedy: "give one group for each pair")
    }
    modalities = sides.map(\.modality)
    sources = sides.map(\.samples)
    self.groups = groups
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

  private init(modalities: [Modality], sources: [any SampleSource], groups: Groups?) {
    (self.modalities, self.sources, self.groups) = (modalities, sources, groups)
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
      modalities: modalities, sources: sources.map { $0.view(rows) }, groups: groups?.select(rows))
  }

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
  /// - Throws: `Failure` when there is not one group for each pair.
  public func grouped(by groups: Groups?) throws -> PairedData {
    try PairedData(Array(zip(modalities, sources)).map { ($0.0, $0.1) }, groups: groups)
  }

  /// A random split in two: the fraction `heldOut` (at least one pair of each part) set aside.
  public func split(heldOut fraction: Double, key: Key) -> (
    training: PairedData, heldOut: PairedData
  ) {
    let order = Tensor.permutation(count, key: key).array(Int.self)
    let size = min(max(1, Int((Double(count) * fraction).rounded())), max(1, count - 1))
    return (select(Array(order.dropLast(size))), select(Array(order.suffix(size))))
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
    PairedData(
      modalities: modalities,
      sources: try sources.map { TensorSamples(try $0.all(), space: $0.space, name: $0.name) },
      groups: groups)
  }
}
