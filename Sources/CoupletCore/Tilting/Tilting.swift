import Files

/// A score s(u, v) of two embeddings: the logarithm, up to a constant, by which a coupling's density
/// differs from that of independent pairs (eq. 13),
///
///     ν(du, dv) = exp s(u, v) / Z · μ_u(du) μ_v(dv).
///
/// A tilting is a value; the temperature and the potentials belong to the `Coupling`. A new one is a file like
/// `Cosine.swift`, with its mathematics as a `ScoreForm`, and a place in `Tiltings.all`.
public protocol Tilting: Sendable {
  /// Its name on the command line and in files.
  var name: String { get }

  /// The scores of every row of `u` (N × d) with every row of `v` (M × d) at the temperature τ, a
  /// scalar tensor; differentiable in all three.
  func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors

  /// The network on both embeddings whose value a coupling adds to these scores (MATH §14); nil, the default, where the
  /// embeddings make the score alone.
  var pair: PairTilting? { get }
}

extension Tilting {
  /// None.
  public var pair: PairTilting? { nil }

  /// Whether both encoders must have one dimension: for all but pair scores that correct nothing.
  public var needsOneDimension: Bool { pair.map { $0.corrected != nil } ?? true }
}

/// The tiltings by name, those of the paper and what a client adds.
///
/// ```swift
/// Tiltings.register(.init("mine", Mine(), [.value("power", .positive(), \.power)]) { $0 })
/// try Tiltings.named("mine:power=3")
/// ```
public enum Tiltings: Registrable {
  /// What a name stands for.
  public typealias Value = any Tilting

  /// The tiltings of the paper, the pair score, and what a client adds.
  public static let registry = Registry<any Tilting>(
    "tilting",
    [
      Cosine.entry, .init("inner-product", InnerProduct()) { $0 },
      .init("squared-distance", SquaredDistance()) { $0 }, PairTilting.entry,
    ])
}

/// A tilting as text, with its options: what a command line and a configuration file say of it.
public typealias TiltingSettings = Registered<Tiltings>

extension Registered where Kind == Tiltings {
  /// `cosine`.
  public static var cosine: TiltingSettings { TiltingSettings(Cosine.entry) }
}
