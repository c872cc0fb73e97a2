import Foundation
import Samples

/// Where a sample of points lies, so that a point that is not of its kind is told, whatever its distribution.
///
/// Points are taken to whitened principal coordinates, those that hold 99 % of the variance and at most 64. What is
/// compared with other points of the same kind:
///
/// * the distance to the third nearest of up to a thousand reference points: a gap or a hole in the cloud;
/// * the largest coordinate: too far in one direction;
/// * the norm: too far, or too near the centre (in many dimensions a cloud is a shell);
/// * what the principal coordinates leave out: off the subspace that the points span.
///
/// ```swift
/// let cloud = PointCloud(of: training, comparedWith: validation)
/// cloud?.levels(of: queries)   // [0.41, 0.0003]: the second is like none of them
/// ```
public struct PointCloud {
  /// p.
  public var dimension: Int { coordinates.mean.shape[0] }
  private let coordinates: Coordinates
  /// Of each statistic, over points that the cloud was not made from.
  private let quantiles: [ScoreProfile.Quantiles]

  private static let referenceCount = 1_000
  /// Points of more coordinates are not looked at.
  public static let mostCoordinates = 4_096
  /// Fewer points say too little of the rare ones.
  public static let leastCount = 50

  /// - Parameters:
  ///   - rows: n × p, of which the first thousand are the reference.
  ///   - others: m × p, points of the same kind that are not among them.
  ///   - hasUnits: whether each coordinate has a unit of its own, so that it is divided by its deviation first; else
  ///     they share one.
  /// - Returns: nil where there are fewer than fifty of either, too many coordinates, numbers that are not finite, or
  ///   all points are one.
  public init?(of rows: Tensor, comparedWith others: Tensor, hasUnits: Bool = false) {
    guard rows.shape[0] >= PointCloud.leastCount, others.shape[0] >= PointCloud.leastCount,
      (1...PointCloud.mostCoordinates).contains(rows.shape[1]), rows.allFinite(),
      others.allFinite(),
      let coordinates = Coordinates(
        of: rows[0..<min(rows.shape[0], PointCloud.referenceCount)].to(.float64), hasUnits)
    else { return nil }
    self.coordinates = coordinates
    quantiles = coordinates.statistics(of: others.to(.float64)).map {
      ScoreProfile.Quantiles(of: $0)
    }
  }

  /// For each row, the share of points of the cloud that are as strange as it, at most: five times the smallest of the
  /// shares by what is compared. What is rarer than one in a hundred is extrapolated, as if it fell exponentially.
  /// - Parameter rows: n × p; numbers that are not finite have the level 0.
  public func levels(of rows: Tensor) -> [Double] {
    let statistics = coordinates.statistics(of: rows.to(.float64))
    return (0..<rows.shape[0]).map { row in
      var least = 1.0
      for (place, statistic) in statistics.enumerated() {
        let (value, law) = (statistic[row], quantiles[place])
        guard value.isFinite else { return 0 }
        least = min(least, law.upperTail(value))
        if place == Coordinates.norm { least = min(least, law.lowerTail(value)) }
      }
      return min(1, Double(statistics.count + 1) * least)
    }
  }
}

// MARK: - Coordinates

extension PointCloud {
  /// Whitened principal coordinates, and what is looked at in them.
  fileprivate struct Coordinates {
    let mean: Tensor
    /// 1 / the unit of each coordinate; p.
    let scale: Tensor
    /// Principal directions over their standard deviations; p × k.
    let directions: Tensor
    /// Points in these coordinates; r × k.
    let reference: Tensor

    static let mostDirections = 64
    /// The place of the norm among the statistics.
    static let norm = 2

    init(mean: Tensor, scale: Tensor, directions: Tensor, reference: Tensor) {
      (self.mean, self.scale) = (mean, scale)
      (self.directions, self.reference) = (directions, reference)
    }

    init?(of points: Tensor, _ hasUnits: Bool) {
      let mean = points.mean(dim: 0)
      let deviation = points.variance(dim: 0).sqrt()
      let largest = deviation.max().item()
      guard largest > 0, largest.isFinite else { return nil }
      // Where nothing varies any change is a strange one.
      let scale =
        hasUnits
        ? 1 / deviation.maximum(Tensor(1e-6 * largest, dtype: .float64))
        : .full(mean.shape, 1 / largest, dtype: .float64)
      let centred = (points - mean) * scale
      guard let (_, s, vh) = try? centred.svd() else { return nil }
      let variances = s.array(Double.self).map { $0 * $0 / Double(points.shape[0] - 1) }
      let all = variances.reduce(0, +)
      var (kept, sum) = (0, 0.0)
      while kept < min(variances.count, Coordinates.mostDirections), sum < 0.99 * all {
        sum += variances[kept]
        kept += 1
      }
      guard kept > 0, sum.isFinite else { return nil }
      let directions =
        vh.narrow(dim: 0, 0..<kept).T
        * Tensor(variances.prefix(kept).map { 1 / $0.squareRoot() })
      self.init(
        mean: mean, scale: scale, directions: directions, reference: centred.matmul(directions))
    }

    /// Of each row: the distance to the third nearest reference point, the largest coordinate, the norm, and the norm of
    /// what the coordinates leave out, where they leave something out.
    func statistics(of rows: Tensor) -> [[Double]] {
      let centred = (rows - mean) * scale
      let whitened = centred.matmul(directions)
      let squares = (whitened * whitened).sum(dim: 1)
      let distances =
        squares.unsqueezed(1) + (reference * reference).sum(dim: 1)
        - whitened.matmul(reference.T) * 2
      let third = distances.topK(3, dim: 1, largest: false).values.select(dim: 1, 2)
      var result = [
        third.maximum(third.zerosLike()).sqrt(), whitened.abs().max(dim: 1), squares.sqrt(),
      ]
      if directions.shape[1] < directions.shape[0] {
        // The directions are orthogonal; over their own squares they project.
        let lengths = (directions * directions).sum(dim: 0)
        let kept = (whitened / lengths).matmul(directions.T)
        result.append((centred - kept).norm(dim: 1))
      }
      return result.map { $0.array(Double.self) }
    }
  }

  // MARK: As tensors

  /// By which it is kept in a file, each name after `prefix`.
  func tensors(prefix: String) -> [(name: String, tensor: Tensor)] {
    let values = quantiles.flatMap(\.values)
    return [
      ("mean", coordinates.mean), ("scale", coordinates.scale),
      ("directions", coordinates.directions), ("reference", coordinates.reference),
      ("quantiles", Tensor(values, shape: [quantiles.count, values.count / quantiles.count])),
    ].map { (prefix + $0.0, $0.1) }
  }

  /// From the tensors of a file; nil where they are not there, or do not fit together.
  init?(_ tensors: [String: Tensor], prefix: String) {
    func tensor(_ name: String) -> Tensor? {
      tensors[prefix + name].flatMap { $0.dtype == .float64 && $0.allFinite() ? $0 : nil }
    }
    guard let mean = tensor("mean"), let scale = tensor("scale"),
      let directions = tensor("directions"), let reference = tensor("reference"),
      let quantiles = tensor("quantiles"), mean.shape.count == 1, scale.shape == mean.shape,
      directions.shape.count == 2, directions.shape[0] == mean.count, reference.shape.count == 2,
      reference.shape[0] >= 3, reference.shape[1] == directions.shape[1],
      quantiles.shape == [
        directions.shape[1] < mean.count ? 4 : 3, ScoreProfile.Quantiles.probabilities.count,
      ]
    else { return nil }
    coordinates = Coordinates(
      mean: mean, scale: scale, directions: directions, reference: reference)
    self.quantiles = (0..<quantiles.shape[0]).map {
      ScoreProfile.Quantiles(values: quantiles[$0].array(Double.self))
    }
  }
}

extension ScoreProfile.Quantiles {
  /// P(X ≥ x), beyond the quantile of 0.99 as if it fell tenfold as often as from that of 0.9 to it.
  func upperTail(_ x: Double) -> Double {
    tail(x, from: at(0.9), through: at(0.99)) ?? 1 - level(of: x)
  }

  /// P(X ≤ x), likewise.
  func lowerTail(_ x: Double) -> Double {
    tail(-x, from: -at(0.1), through: -at(0.01)) ?? level(of: x)
  }

  private func tail(_ x: Double, from tenth: Double, through hundredth: Double) -> Double? {
    guard x > hundredth else { return nil }
    // Where nothing lies between, rounding alone does.
    let decade = max(hundredth - tenth, 1e-9 * abs(hundredth))
    return decade > 0 ? 0.01 * pow(10, -(x - hundredth) / decade) : 0
  }

  private func at(_ probability: Double) -> Double {
    // All that are asked for are kept.
    values[ScoreProfile.Quantiles.probabilities.firstIndex(of: probability) ?? 0]
  }
}
