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
}

/// The tiltings of the paper, by name.
public enum Tiltings {
  public static let all: [any Tilting] = [Cosine(), InnerProduct(), SquaredDistance()]

  /// - Throws: `Failure` listing the names when there is none such.
  public static func named(_ name: String) throws -> any Tilting {
    guard let match = all.first(where: { $0.name == name }) else {
      throw Failure(
        "unknown tilting '\(name)'",
        remedy: "use one of \(all.map(\.name).joined(separator: ", "))")
    }
    return match
  }
}
