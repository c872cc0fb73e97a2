import Files

// Blocks of pairs that lie near one another.
extension PairTilting {
  /// The rows of an epoch in the order in which they are taken: a part `near` of the blocks, drawn anew, hold pairs whose
  /// samples lie near one another, the others pairs drawn at random.
  ///
  /// Where a score is sharp, candidates from all over the place are told apart at once and teach nothing about its shape, and
  /// K of them bound the loss at −log(K + 1). Near ones teach it: a k-d tree in random directions (coordinates divided by
  /// their deviations) cuts the rows of the near blocks in halves until each has its number.
  ///
  /// It changes nothing in what is learned by the loss of the side that these samples belong to, ν(u | v) for u: given the
  /// set {u_1 … u_m} of a block, chosen by the u alone, v_i is a draw from μ(v | u_i), and which of the u a v belongs to has
  /// the probability μ(v | u_k) / Σ_l μ(v | u_l), exp s up to a function of v. Losses of both sides, or normalised ones, take
  /// the batch for independent draws, and have no near blocks. The blocks that are random compare what lies far apart.
  ///
  /// - Parameters:
  ///   - samples: of the side that is predicted, N × ….
  ///   - batches: the places of the epoch's batches, which have N places together.
  ///   - key: of this epoch.
  public func order(near samples: Tensor, batches: [Range<Int>], key: Key) -> [Int] {
    let blocks = batches.flatMap { batch in
      self.batches(of: batch.count).map {
        $0.lowerBound + batch.lowerBound..<$0.upperBound + batch.lowerBound
      }
    }
    let (rowKey, blockKey, treeKey) = (
      key.folded(with: 0), key.folded(with: 1), key.folded(with: 2)
    )
    let rows = Tensor.permutation(samples.shape[0], key: rowKey).array(Int.self)
    let order = Tensor.permutation(blocks.count, key: blockKey).array(Int.self).map { blocks[$0] }
    let count = Int((near * Double(blocks.count)).rounded())
    var tree = NearTree(samples, key: treeKey)
    var result = rows
    let ahead = order[..<count].reduce(0) { $0 + $1.count }
    var place = ahead
    for block in order[count...] {
      result.replaceSubrange(block, with: rows[place..<place + block.count])
      place += block.count
    }
    for (block, own) in tree.cut(Array(rows[..<ahead]), into: Array(order[..<count])) {
      result.replaceSubrange(block, with: own)
    }
    return result
  }
}

/// A k-d tree in random directions.
private struct NearTree {
  private let points: [Float], dimension: Int
  private var key: Key

  init(_ samples: Tensor, key: Key) {
    let rows = samples.to(.float64).reshaped([samples.shape[0], -1])
    points = ColumnStatistics(rows).standardized(rows).to(.float32).array(Float.self)
    dimension = rows.shape[1]
    self.key = key
  }

  /// The rows of every block, as many as it has places.
  mutating func cut(_ rows: [Int], into blocks: [Range<Int>]) -> [(Range<Int>, [Int])] {
    guard blocks.count > 1 else { return blocks.map { ($0, rows) } }
    let direction = Tensor.normal([dimension], key: key).array(Float.self)
    key = key.folded(with: 0)
    var along: [(place: Float, row: Int)] = rows.map { row in
      var sum: Float = 0
      for k in 0..<dimension { sum += points[row * dimension + k] * direction[k] }
      return (sum, row)
    }
    along.sort { ($0.place, $0.row) < ($1.place, $1.row) }
    let half = blocks.count / 2
    let first = blocks[..<half].reduce(0) { $0 + $1.count }
    return cut(along[..<first].map(\.row), into: Array(blocks[..<half]))
      + cut(along[first...].map(\.row), into: Array(blocks[half...]))
  }
}
