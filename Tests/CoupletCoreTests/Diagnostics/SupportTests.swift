import Foundation
import Samples
import TestModels
import Testing

@testable import CoupletCore

@Suite struct SupportTests {
  /// Data of four kinds: n points each.
  enum Cloud: String, CaseIterable {
    /// Four clusters of correlated normals in 12 dimensions, whose coordinates have units of their own.
    case clusters
    /// A noisy circle in the plane.
    case ring
    /// Independent Student's t of four degrees of freedom in 3 dimensions.
    case heavyTails
    /// 8 × 8 pictures of a spot at a random place, with noise.
    case pictures

    func points(_ n: Int, _ key: Key) -> Tensor {
      let keys = key.split(5)
      switch self {
      case .clusters:
        let centres = normal([4, 12], Key(100)) * 3
        let mixing = normal([12, 12], Key(101)) * (1 / 12.0.squareRoot())
        let which = Tensor.integers(0..<4, shape: [n], key: keys[0], device: .test)
        let units = (normal([12], Key(102)) * 2).exp()
        return (centres.indexSelect(which) + normal([n, 12], keys[1]).matmul(mixing)) * units
      case .ring:
        let angle = Tensor.uniform([n], high: 2 * .pi, key: keys[0], dtype: .float64, device: .test)
        return stack([angle.cos(), angle.sin()], dim: 1) + normal([n, 2], keys[1]) * 0.05
      case .heavyTails:
        let squares = (0..<4).map { i in
          let z = normal([n, 3], keys[i])
          return z * z
        }
        return normal([n, 3], keys[4])
          / ((squares[0] + squares[1] + squares[2] + squares[3]) * 0.25).sqrt()
      case .pictures:
        let place = Tensor.uniform(
          [n, 2, 1], low: 1.5, high: 5.5, key: keys[0], dtype: .float64, device: .test)
        let axis = Tensor(Array(0..<64)).to(.float64)
        let (row, column) = ((axis * 0.125).floor(), axis - (axis * 0.125).floor() * 8)
        let distances =
          (place.select(dim: 1, 0) - row) * (place.select(dim: 1, 0) - row)
          + (place.select(dim: 1, 1) - column) * (place.select(dim: 1, 1) - column)
        return (distances * -0.5).exp() + normal([n, 64], keys[1]) * 0.02
      }
    }
  }

  private func cloud(of kind: Cloud, others: Int = 1_000) throws -> PointCloud {
    try #require(
      PointCloud(
        of: kind.points(1_500, Key(1)), comparedWith: kind.points(others, Key(2)), hasUnits: true))
  }

  /// The share of points that are called strange.
  private func share(_ levels: [Double]) -> Double {
    Double(levels.count { $0 < Support.strange }) / Double(levels.count)
  }

  @Test("Points of the same kind are seldom strange", arguments: Cloud.allCases, [200, 2_000])
  func onSupport(kind: Cloud, others: Int) throws {
    let levels = try cloud(of: kind, others: others).levels(of: kind.points(5_000, Key(3)))
    #expect(share(levels) < 0.02)
    // A level is a probability: on the whole levels are not smaller than uniform ones would be.
    for level in [0.1, 0.3] {
      #expect(Double(levels.count { $0 < level }) / 5_000 < level + 0.05, "\(level)")
    }
  }

  @Test("Strange points are told", arguments: Cloud.allCases)
  func offSupport(kind: Cloud) throws {
    let cloud = try cloud(of: kind)
    let x = kind.points(500, Key(4))
    let p = x.shape[1]
    let deviation = x.variance(dim: 0).sqrt()
    let noise = normal([500, p], Key(9)) * deviation
    let kinds: [(String, Tensor)] =
      [
        ("a thousand times", x * 1000), ("shifted", x + deviation * 6), ("constant", x * 0 + 1e3),
        (
          "one coordinate",
          cat([x.narrow(dim: 1, 0..<1) + deviation[0] * 12, x.narrow(dim: 1, 1..<p)], dim: 1)
        ),
      ]
      + (kind == .heavyTails
        ? []
        : [
          ("ten times", x * 10), ("zero", x * 0), ("a tenth", x * 0.1), ("far noise", noise * 5),
        ])
      + (kind == .heavyTails || kind == .ring
        ? []
        : [
          ("negated", -x), ("with noise", x + noise),
          ("permuted", x.indexSelect(dim: 1, Tensor((0..<p).map { ($0 + p / 2 + 1) % p }))),
          (
            "coordinates of others",
            stack(
              (0..<p).map { j in
                x.select(dim: 1, j).indexSelect(.permutation(500, key: Key(UInt64(j))))
              }, dim: 1)
          ),
        ])
    for (name, points) in kinds {
      #expect(share(cloud.levels(of: points)) > 0.9, "\(name)")
    }
    // What is not a number is strange.
    #expect(cloud.levels(of: x[0..<1] * .nan) == [0])
  }

  /// Whatever the tilting says of it: an inner product of a strange sample is large, a cosine as any other.
  @Test(
    "Samples or embeddings give a strange query away",
    arguments: ["inner-product", "cosine", "squared-distance"])
  func queries(tilting: String) throws {
    let space = SampleSpace.real(shape: [8, 8])
    func pairs(_ n: Int, _ key: UInt64) throws -> PairedData {
      let points = Cloud.pictures.points(n, Key(key)).to(.float32).reshaped([-1, 8, 8])
      return try PairedData(
        u: TensorSamples(points, space: space), v: TensorSamples(normal([n, 4], Key(key + 50))))
    }
    let tiltings: [String: any Tilting] = [
      "inner-product": InnerProduct(), "cosine": Cosine(), "squared-distance": SquaredDistance(),
    ]
    let chosen = try #require(tiltings[tilting])
    let coupling = Coupling(
      [
        Side(.u, encoder: Flattened(LinearEncoder(64, 4, key: Key(7)))),
        Side(.v, encoder: Identity(dimension: 4)),
      ], tilting: chosen, temperature: try Temperature(.fixed(1)))
    let made = try Support(of: coupling, training: pairs(1_500, 1), others: pairs(1_000, 2))
    // As it is read from a file.
    let support = Support(
      Dictionary(made.tensors.map { ($0.name, $0.tensor) }) { first, _ in first },
      modalities: coupling.modalities)
    let fresh = try pairs(2_000, 3)
    #expect(share(try #require(try support.levels(of: fresh[.u], .u, in: coupling))) < 0.02)
    #expect(share(try #require(try support.levels(of: fresh[.v], .v, in: coupling))) < 0.02)
    for strange in [
      try fresh.u * 10, try fresh.u * 0, try fresh.u.transposed(1, 2).flipped(dim: 1) + 0.2,
    ] {
      let levels = try support.levels(of: TensorSamples(strange, space: space), .u, in: coupling)
      #expect(share(try #require(levels)) > 0.95)
    }
    #expect(
      try made.levels(of: fresh[.u], .u, in: coupling)
        == support.levels(of: fresh[.u], .u, in: coupling))
    // Tensors that do not fit together are not used.
    let cut = made.tensors.map {
      ($0.name, $0.name.hasSuffix("scale") ? $0.tensor[0..<2] : $0.tensor)
    }
    let damaged = Support(Dictionary(cut) { first, _ in first }, modalities: coupling.modalities)
    #expect(try damaged.levels(of: fresh[.u], .u, in: coupling) == nil)
  }

  @Test func tooFewPointsSayNothing() throws {
    let few = normal([49, 3], Key(1)), enough = normal([50, 3], Key(2))
    #expect(PointCloud(of: few, comparedWith: enough) == nil)
    #expect(PointCloud(of: enough, comparedWith: few) == nil)
    #expect(PointCloud(of: enough * 0, comparedWith: enough) == nil)
    #expect(PointCloud(of: enough, comparedWith: normal([50, 3], Key(3))) != nil)
  }
}

/// An encoder of pictures as vectors.
private struct Flattened: SampleEncoder {
  let encoder: LinearEncoder
  init(_ encoder: LinearEncoder) { self.encoder = encoder }
  var dimension: Int { encoder.dimension }
  var parameters: Parameters { encoder.parameters }
  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    encoder(input.flattened(from: 1), mode: mode)
  }
}
