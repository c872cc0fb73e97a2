import CoupletCore

/// What a transformer sees of each point of a path: its coordinates, and on request more.
///
/// * Velocities: the differences to the point seen before (at the first point seen: to the first point of the path),
///   times the number of points seen, so that they are lengths per duration of the path.
/// * Waves: cos 2π⟨κ, x⟩ and sin 2π⟨κ, x⟩ for the κ of {−waves … waves}² up to sign and without 0: the functions of
///   period 1 in both coordinates of the plane, of bounded frequency. They make points of the torus that are the same
///   look the same. Coordinates of several particles, in pairs, have waves each.
struct PathChannels: Layer {
  let every: Int
  let hasVelocities: Bool
  /// 2 × m: the wavenumbers as columns; nil for none. Not learned.
  private let wavenumbers: Tensor?

  init(_ settings: TransformerSettings) {
    every = settings.every
    hasVelocities = settings.hasVelocities
    let half = PathChannels.halfPlane(settings.waves)
    wavenumbers =
      half.isEmpty
      ? nil
      : Tensor(half.map { Float($0.0) } + half.map { Float($0.1) }, shape: [2, half.count])
  }

  var parameters: Parameters { wavenumbers.map { ["wavenumbers": $0] } ?? [:] }

  /// One of each pair ±κ with components up to `limit`, without 0.
  static func halfPlane(_ limit: Int) -> [(Int, Int)] {
    (0...limit).flatMap { first in
      (-limit...limit).filter { first > 0 || $0 > 0 }.map { (first, $0) }
    }
  }

  /// The number of channels of points with so many coordinates.
  func count(coordinates: Int) -> Int {
    coordinates * (hasVelocities ? 2 : 1) + coordinates * (wavenumbers?.shape[1] ?? 0)
  }

  /// N × points × coordinates ↦ N × (points / every) × channels.
  func callAsFunction(_ paths: Tensor, mode: Mode) -> Tensor {
    let (n, points, coordinates) = (paths.shape[0], paths.shape[1], paths.shape[2])
    // The last of each `every` points.
    let seen =
      every == 1
      ? paths
      : paths.reshaped([n, points / every, every, coordinates]).select(dim: 2, every - 1)
    var channels = [seen]
    let count = points / every
    if hasVelocities {
      let before = cat(
        [paths.narrow(dim: 1, 0..<1), seen.narrow(dim: 1, 0..<(count - 1))], dim: 1)
      channels.append((seen - before) * Double(count))
    }
    if let wavenumbers {
      let turns = matmul(seen.reshaped([n * count * coordinates / 2, 2]), wavenumbers)
      let phases = (turns * (2 * .pi)).reshaped([n, count, -1])
      channels += [phases.cos(), phases.sin()]
    }
    return channels.count == 1 ? seen : cat(channels, dim: 2)
  }
}
