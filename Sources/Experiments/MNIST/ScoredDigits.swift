import CoupletCore
import Foundation

/// The scores of test images with the ten digits under one model: all that its table is made from.
struct ScoredDigits {
  /// s(uⁱ, k), N × 10, in double precision.
  let scores: Tensor
  /// The digit of each image.
  let labels: [Int]
  /// m_k: the measure of the labels that the scores are relative to.
  let labelWeights: [Double]

  init(scores: Tensor, labels: [Int], labelWeights: [Double]) {
    self.scores = scores
    self.labels = labels
    self.labelWeights = labelWeights
  }

  init(_ coupling: Coupling, on pairs: PairedData, labelWeights: [Double]) throws {
    scores = try withoutGradients {
      coupling.factors(
        try coupling.embed(.u, pairs[.u]).to(.float64),
        coupling.embed(.v, Tensor.arange(Digits.classes)).to(.float64)
      ).matrix
    }
    labels = try pairs.v.array(Int.self)
    self.labelWeights = labelWeights
  }

  private var logLabelWeights: Tensor { Tensor(labelWeights).log().logSoftmax(dim: 0) }

  /// log ν(k | uⁱ), N × 10 (Algorithm 2).
  var logProbabilities: Tensor { (scores + logLabelWeights).logSoftmax(dim: 1) }

  /// The same ν(v | u) with the scores of each image shifted so that s = log ρ(v | u), the density relative to the
  /// labels' measure. The label-given-image loss cannot see such a shift; ν(u | v) is made of it.
  var normalized: ScoredDigits {
    ScoredDigits(
      scores: logProbabilities - logLabelWeights, labels: labels, labelWeights: labelWeights)
  }

  /// ν(u | digit) over all images; the candidates are their rows.
  func images(given digit: Int) -> ConditionalDistribution {
    ConditionalDistribution(
      scores: scores.select(dim: 1, digit), candidates: .arange(labels.count))
  }

  /// s(uⁱ, vʲ) of the pairs.
  var pairs: ScoreFactors {
    ScoreFactors(
      x: scores, y: Tensor.eye(Digits.classes, dtype: .float64).indexSelect(Tensor(labels)))
  }
}
