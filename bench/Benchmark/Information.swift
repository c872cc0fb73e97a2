import CoupletCore
import Files
import Foundation
import GaussianTheory

/// How often stated intervals hold what they should: `information DRAWS OUT.json`. Independent pairs of 25 + 25 dimensions for
/// the Gaussian value, whose width is compared with that of the exact law, and the exact score of Gaussian pairs for
/// InfoNCE at its number of pairs. Draws depend on their number only.
func informationBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 2, let draws = Int(arguments[0]), draws > 1 else {
    throw Failure("two arguments are expected", remedy: "DRAWS OUT.json")
  }
  Runtime.threads = 1
  var rows: [JSON] = []
  func add(_ row: JSON) throws {
    rows.append(row)
    FileHandle.standardOutput.write(Data((row.text + "\n").utf8))
    try AtomicFile.write(Data((JSON.array(rows).text + "\n").utf8), to: arguments[1])
  }
  for pairs in [200, 1_000, 10_000] { try add(gaussian(pairs, draws)) }
  for pairs in [200, 2_000] { try add(infoNCE(pairs, pairs == 200 ? draws : draws / 4)) }
}

private func gaussian(_ pairs: Int, _ draws: Int) throws -> JSON {
  var (covered, width, values) = (0, 0.0, [Double]())
  for draw in 0..<draws {
    let key = Key(UInt64(pairs)).folded(with: draw)
    let (u, v) = (
      Tensor.normal([pairs, 25], key: key.folded(with: 0), dtype: .float64),
      Tensor.normal([pairs, 25], key: key.folded(with: 1), dtype: .float64)
    )
    let estimate = try PlugInEstimate(u: u, v: v)
    guard let found = GaussianInformation(estimate, u: u, v: v, key: key.folded(with: 2)) else {
      throw Failure("no interval of \(pairs) pairs", remedy: "use more than 50")
    }
    if found.lower <= 0 { covered += 1 }
    width += found.upper - found.lower
    values.append(found.plugIn)
  }
  // The law under independence is that of these plug-ins.
  values.sort()
  func quantile(_ p: Double) -> Double { values[Int((p * Double(draws - 1)).rounded())] }
  return [
    "value": "gaussian", "pairs": .integer(pairs), "draws": .integer(draws),
    "coverage": .number(Double(covered) / Double(draws)),
    "widthOverExact": .number(width / Double(draws) / (quantile(0.975) - quantile(0.025))),
  ]
}

private func infoNCE(_ pairs: Int, _ draws: Int) throws -> JSON {
  let sigma = 0.8
  let precision = 1 / (1 - sigma * sigma)
  let found = (0..<draws).map { draw in
    let (first, second) = Key(UInt64(pairs)).folded(with: draw).split()
    let u = Tensor.normal([pairs, 1], key: first, dtype: .float64)
    let noise = Tensor.normal([pairs, 1], key: second, dtype: .float64)
    let v = u * sigma + noise * (1 - sigma * sigma).squareRoot()
    let curvature = -0.5 * sigma * sigma * precision
    let scores = ScoreFactors(
      x: u * (sigma * precision), y: v, rowBias: u.square().sum(dim: 1) * curvature,
      columnBias: v.square().sum(dim: 1) * curvature)
    return MutualInformation(scores, key: Key(0)).infoNCE
  }
  let expected = found.reduce(0) { $0 + $1.value } / Double(draws)
  let covered = found.count { $0.lower <= expected && expected <= $0.upper }
  return [
    "value": "info-nce", "pairs": .integer(pairs), "draws": .integer(draws),
    "coverage": .number(Double(covered) / Double(draws)),
  ]
}
