import Torch

extension PairedData {
  /// The pairs parted k times in pairs to learn from and pairs to judge by, so that each is among the latter once: folds of
  /// equal size, whose groups stay together.
  ///
  /// ```swift
  /// for (training, heldOut) in pairs.folds(5, key: Key(0)) { … }   // four fifths and one fifth
  /// ```
  /// - Returns: none where there are fewer than two independent pairs for each fold.
  public func folds(_ k: Int, key: Key) -> [(training: PairedData, heldOut: PairedData)] {
    guard k >= 2, pairsPerEpoch >= 2 * k else { return [] }
    let members = groups?.members ?? (0..<count).map { [$0] }
    var fold = [Int](repeating: 0, count: count)
    for (place, group) in Tensor.permutation(members.count, key: key).array(Int.self).enumerated() {
      for row in members[group] { fold[row] = place % k }
    }
    return (0..<k).map { number in
      (
        training: select((0..<count).filter { fold[$0] != number }),
        heldOut: select((0..<count).filter { fold[$0] == number })
      )
    }
  }
}
