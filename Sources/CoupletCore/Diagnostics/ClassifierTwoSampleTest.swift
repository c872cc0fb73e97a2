import Files
import Foundation

/// The classifier two-sample test (Lopez-Paz and Oquab 2017): how well a classifier tells two samples apart on points that it
/// was not trained on. ½ where it cannot, 1 where they do not overlap; for densities p and q the best classifier reaches
/// ½ + ½ TV(p, q).
///
/// The classifier is that of the public benchmark of posteriors (Lueckmann, Boelts, Greenberg, Gonçalves and Macke 2021): a
/// perceptron of two hidden layers of ten times as many units as coordinates, ReLU, cross-entropy by Adam in batches of 200
/// until the training loss no longer falls; samples are standardised by the first of the two; five folds. All folds are
/// trained as one batch of matrix products, each until its own loss no longer falls. The L2 penalty of 10⁻⁴ that scikit-learn
/// adds, a ten-thousandth of the loss, is left out.
///
/// ```swift
/// let test = ClassifierTwoSampleTest(draws, exact, key: Key(0))
/// test.accuracy        // 0.512
/// test.standardError   // 0.0035, of 10,000 + 10,000 points
/// ```
public struct ClassifierTwoSampleTest: Codable, Equatable, Sendable {
  /// The mean over the folds of the part of held-out points whose sample was named, in 0…1.
  public let accuracy: Double
  /// That part of each fold.
  public let folds: [Double]
  /// The points of both samples that were classified.
  public let count: Int

  /// √(a(1 − a)/count): that of so many independent answers.
  public var standardError: Double { (accuracy * (1 - accuracy) / Double(count)).squareRoot() }

  /// - Parameters:
  ///   - first: N × n, by whose means and deviations all points are standardised.
  ///   - second: N × n.
  ///   - folds: how many; the points beyond a multiple of this number are left out.
  ///   - mostEpochs: passes over the points of a fold, at most.
  ///   - key: of weights, folds and batches.
  ///
  /// Ten thousand points of two coordinates a sample take some seconds of a processor core.
  public init(
    _ first: Tensor, _ second: Tensor, folds count: Int = 5, mostEpochs: Int = 1_000, key: Key
  ) {
    require(
      first.rank == 2 && second.rank == 2 && first.shape[1] == second.shape[1]
        && count >= 2 && min(first.shape[0], second.shape[0]) >= count && mostEpochs >= 1,
      "ClassifierTwoSampleTest: samples \(first.shape) and \(second.shape), \(count) folds")
    let keys = key.split(3)
    // Both in units of the first.
    let points = ColumnStatistics(first).standardized(
      cat([first.to(.float64), second.to(.float64)])
    ).to(.float32)
    let labels = cat([
      Tensor.zeros([first.shape[0]]), Tensor.ones([second.shape[0]]),
    ])
    let each = points.shape[0] / count
    let order = Tensor.permutation(points.shape[0], key: keys[0]).array(Int.self)
    let held = (0..<count).map { Array(order[$0 * each..<($0 + 1) * each]) }
    let rest = (0..<count).map { fold in
      (0..<count).filter { $0 != fold }.flatMap { held[$0] }
    }
    var training = FoldTraining(
      points, labels, rest: rest, held: held, widths: 10 * points.shape[1], key: keys[1])
    self.folds = training.accuracies(mostEpochs: mostEpochs, key: keys[2])
    self.count = count * each
    accuracy = folds.reduce(0, +) / Double(count)
  }
}

/// The classifiers of all folds, F of them, side by side.
private struct FoldTraining {
  private let points: Tensor, labels: Tensor
  private let rest: [[Int]], held: [[Int]]
  private let weights: [Tensor], biases: [Tensor]

  /// Points in a batch; epochs without progress before a fold stops; the least progress.
  private static let (batch, patience, tolerance) = (200, 10, 1e-4)

  init(
    _ points: Tensor, _ labels: Tensor, rest: [[Int]], held: [[Int]], widths width: Int, key: Key
  ) {
    (self.points, self.labels, self.rest, self.held) = (points, labels, rest, held)
    let sizes = [points.shape[1], width, width, 1]
    let keys = key.split(2 * (sizes.count - 1))
    func drawn(_ shape: [Int], _ layer: Int, _ key: Key) -> Tensor {
      // Variances alike forwards and backwards (Glorot and Bengio 2010), for shifts, too.
      let bound = (6 / Double(sizes[layer] + sizes[layer + 1])).squareRoot()
      let tensor = Tensor.uniform(shape, low: -bound, high: bound, key: key)
      tensor.requiresGradient = true
      return tensor
    }
    weights = (0..<sizes.count - 1).map {
      drawn([rest.count, sizes[$0], sizes[$0 + 1]], $0, keys[2 * $0])
    }
    biases = (0..<sizes.count - 1).map {
      drawn([rest.count, 1, sizes[$0 + 1]], $0, keys[2 * $0 + 1])
    }
  }

  /// F × m × n ↦ F × m.
  private func logits(_ x: Tensor) -> Tensor {
    let h = (matmul(x, weights[0]) + biases[0]).relu()
    let g = (matmul(h, weights[1]) + biases[1]).relu()
    return (matmul(g, weights[2]) + biases[2]).squeezed(2)
  }

  /// Rows of each fold, F × m: their points and labels.
  private func taken(_ rows: [[Int]]) -> (x: Tensor, y: Tensor) {
    let flat = Tensor(rows.flatMap { $0 })
    let (folds, each) = (rows.count, rows[0].count)
    return (
      points.indexSelect(flat).reshaped([folds, each, points.shape[1]]),
      labels.indexSelect(flat).reshaped([folds, each])
    )
  }

  /// Trains until no fold's loss falls any more; of each fold the part of held-out points that are named when it stops.
  mutating func accuracies(mostEpochs: Int, key: Key) -> [Double] {
    let (heldX, heldY) = taken(held)
    let optimizer = Adam(weights + biases)
    var found = [Double?](repeating: nil, count: held.count)
    var best = [Double](repeating: .infinity, count: held.count)
    var waited = [Int](repeating: 0, count: held.count)
    for epoch in 0..<mostEpochs where found.contains(where: { $0 == nil }) {
      let losses = self.epoch(optimizer, key.folded(with: epoch))
      let isLast = epoch == mostEpochs - 1
      for fold in held.indices {
        waited[fold] = losses[fold] > best[fold] - Self.tolerance ? waited[fold] + 1 : 0
        best[fold] = min(best[fold], losses[fold])
      }
      let stopping = held.indices.filter {
        found[$0] == nil && (isLast || waited[$0] > Self.patience)
      }
      guard !stopping.isEmpty else { continue }
      let right = withoutGradients {
        (logits(heldX).greater(than: 0).to(.float32) - heldY).abs().mean(dim: 1)
      }.array(Float.self)
      for fold in stopping { found[fold] = 1 - Double(right[fold]) }
    }
    return found.map { $0 ?? .nan }
  }

  /// One pass of every fold over its points; the mean loss of each.
  private func epoch(_ optimizer: Adam, _ key: Key) -> [Double] {
    let count = rest[0].count
    let order = rest.indices.map { fold in
      let places = Tensor.permutation(count, key: key.folded(with: fold)).array(Int.self)
      return places.map { rest[fold][$0] }
    }
    let (x, y) = taken(order)
    var sum = Tensor.zeros([rest.count])
    for start in stride(from: 0, to: count, by: Self.batch) {
      let rows = start..<min(start + Self.batch, count)
      let (a, b) = (x.narrow(dim: 1, rows), y.narrow(dim: 1, rows))
      optimizer.step {
        let logits = logits(a)
        // −log σ(±logit); the folds have no parameter in common.
        let losses = (logits.softplus() - logits * b).mean(dim: 1)
        losses.sum().backward()
        sum = sum + losses.detached() * Double(rows.count)
        return losses.detached()
      }
    }
    return (sum / Double(count)).array(Float.self).map(Double.init)
  }
}
