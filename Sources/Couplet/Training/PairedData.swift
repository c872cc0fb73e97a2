import Files
import Torch

/// Pairs (uⁱ, vⁱ), i = 1…N: row i of `u` belongs to row i of `v`.
///
/// ```swift
/// let pairs = try PairedData(u: features, v: labels)
/// let (training, heldOut) = pairs.split(heldOut: 0.1, key: Key(0))
/// ```
public struct PairedData {
  /// N × …; int64 of shape [N] for labels.
  public let u: Tensor
  /// N × …; int64 of shape [N] for labels.
  public let v: Tensor

  /// - Throws: `Failure` when the numbers of rows differ, or there are none.
  public init(u: Tensor, v: Tensor) throws {
    guard u.rank >= 1, v.rank >= 1, u.shape[0] == v.shape[0] else {
      throw Failure(
        "u has the shape \(u.shape) and v the shape \(v.shape)",
        remedy: "give as many rows of u as of v: row i of one belongs to row i of the other")
    }
    guard u.shape[0] > 0 else { throw Failure("there are no pairs", remedy: "give at least two") }
    self.u = u
    self.v = v
  }

  private init(uncheckedU u: Tensor, v: Tensor) {
    self.u = u
    self.v = v
  }

  /// N.
  public var count: Int { u.shape[0] }

  public subscript(_ modality: Modality) -> Tensor { modality == .u ? u : v }

  /// The pairs at `indices` (int64), in that order.
  public func select(_ indices: Tensor) -> PairedData {
    PairedData(uncheckedU: u.indexSelect(indices), v: v.indexSelect(indices))
  }

  /// The pairs of a range, as views.
  public subscript(_ range: Range<Int>) -> PairedData {
    PairedData(uncheckedU: u[range], v: v[range])
  }

  /// A random split in two: the fraction `heldOut` (at least one pair of each part) set aside.
  public func split(heldOut fraction: Double, key: Key) -> (
    training: PairedData, heldOut: PairedData
  ) {
    let order = Tensor.permutation(count, key: key)
    let size = min(max(1, Int((Double(count) * fraction).rounded())), max(1, count - 1))
    return (select(order[0..<(count - size)]), select(order[(count - size)..<count]))
  }

  /// At most `limit` pairs, random ones (always the same) when there are more.
  public func sample(_ limit: Int) -> PairedData {
    guard count > limit else { return self }
    return select(Tensor.permutation(count, key: Key(0))[0..<limit])
  }

  /// The same pairs on a device.
  /// - Throws: `Failure` when there is no such device.
  public func to(_ device: Device) throws -> PairedData {
    PairedData(uncheckedU: try u.to(device), v: try v.to(device))
  }
}
