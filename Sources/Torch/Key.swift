/// The source of one draw.
///
/// There is no global seed. Whoever draws holds a key, and a key always gives the same draw;
/// for several draws, split it. Keys of different splits are independent for every practical purpose:
/// each is a 64-bit mixing of its parent and its position (the finaliser of SplitMix64, which is a
/// bijection, applied twice).
///
/// ```swift
/// let (first, second) = Key(7).split()
/// Tensor.normal([3], key: first)   // the same three numbers, always
/// ```
public struct Key: Hashable, Sendable, Codable {
  let bits: UInt64

  /// The key that a run's seed stands for. Different seeds give different keys.
  public init(_ seed: UInt64) { bits = Key.mix(seed &+ 0x9E37_79B9_7F4A_7C15) }
  private init(bits: UInt64) { self.bits = bits }

  /// The key for the `index`-th draw made from this one.
  public func folded(with index: Int) -> Key {
    Key(bits: Key.mix(bits ^ Key.mix(UInt64(bitPattern: Int64(index)) &+ 0xD1B5_4A32_D192_ED03)))
  }

  /// The 64 random bits of the `index`-th draw made from this one, for draws outside of tensors.
  public func word(_ index: Int) -> UInt64 { folded(with: index).bits }

  /// Two independent keys: those of the draws 0 and 1 made from this one.
  public func split() -> (Key, Key) { (folded(with: 0), folded(with: 1)) }
  /// Independent keys for the draws 0, 1, …, count − 1 made from this one.
  public func split(_ count: Int) -> [Key] { (0..<count).map(folded) }

  /// SplitMix64's finaliser.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
