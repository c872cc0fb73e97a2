import CoupletCore
import Encoders
import Files
import GaussianTheory
import Training

/// Where training starts.
public enum Start: String, Codable, CaseIterable, Sendable {
  /// At the usual random draw of the weights.
  case random
  /// At the optimum of the Gaussian theory for the training pairs' moments (`Coupling.startAtTheory`).
  case theory
  /// At the training pairs' shrunk canonical coordinates (`Coupling.startAtCanonicalCoordinates`).
  case canonical
}

extension Coupling {
  /// Sets linear encoders to the plug-in optimum of the pairs (Remark D.2): those with the least population loss,
  /// were the pairs Gaussian with the mean and covariance that they have as a sample. In terms of the atlas's G
  /// and H (MATH.md §4.2) at rank d, and the sample means m,
  ///
  ///     g_u(u) = √τ G (u − m_u),   g_v(v) = √τ H (v − m_v),
  ///
  /// so that the score at temperature τ is that of G and H at 1. Encoders may be standardised or whitened; the
  /// theory is then that of the samples as the linear layer sees them. Rows beyond the number of canonical
  /// correlations are zero, and training leaves them so. For pairs that are not Gaussian it is a start only: a
  /// better one than a random draw as far as second moments go.
  ///
  /// ```swift
  /// try coupling.startAtTheory(of: pairs, loss: "two-sided")
  /// try Trainer(loss: ConditionalLoss(.twoSided), …).fit(coupling, to: pairs)
  /// ```
  /// - Parameters:
  ///   - loss: a name among `GaussianLoss.names`; `weights` are λ_u and λ_v of the two-sided one.
  /// - Throws: `Failure` naming what the theory does not cover: another tilting or loss, potentials, encoders that
  ///   are not linear, samples with a mean that an encoder without shift cannot take away, or a covariance that is
  ///   numerically singular.
  public func startAtTheory(of pairs: PairedData, loss: String, weights: [Double]? = nil) throws {
    let tilting = try gaussianTilting()
    let parts = try modalities.map { try linearPart($0, of: pairs) }
    let samples = try modalities.map { try pairs[$0].sampleForStatistics() }
    let best: GaussianOptimum
    do {
      let analysis = try PlugInEstimate(
        u: parts[0].inputs(samples[0]), v: parts[1].inputs(samples[1])
      ).analysis
      best = try analysis.optimum(
        rank: dimension, tilting: tilting, loss: GaussianLoss(named: loss, weights: weights))
    } catch let failure as Failure {
      throw Self.notCovered(
        failure.what,
        failure.place == .setting("loss") || failure.place == .setting("weights")
          ? failure.remedy : "remove redundant coordinates, or give more pairs")
    }
    let (analysis, covariance) = (best.analysis, best.analysis.covariance)
    try requireShift(parts[0], modalities[0], analysis.directionsU, covariance.meanU)
    try requireShift(parts[1], modalities[1], analysis.directionsV, covariance.meanV)
    let root = temperature.current.squareRoot()
    try parts[0].load(best.encoders.u, times: root)
    try parts[1].load(best.encoders.v, times: root)
  }

  private func gaussianTilting() throws -> GaussianTilting {
    guard sides.allSatisfy({ $0.potential == nil }) else {
      throw Self.notCovered("the coupling has potentials", "leave the potentials out")
    }
    guard let tilting = GaussianTilting(rawValue: tilting.name) else {
      throw Self.notCovered(
        "the tilting \(tilting.name) has no optimum in closed form",
        "use inner-product or squared-distance")
    }
    return tilting
  }

  private func linearPart(_ modality: Modality, of pairs: PairedData) throws -> LinearPart {
    guard let part = self[modality].encoder.linearPart, pairs[modality].space.shape != nil else {
      throw Self.notCovered(
        "the encoder of \(modality) is not a linear one of real samples",
        "use `encoder-\(modality)` linear")
    }
    return part
  }

  /// A mean of more than half a deviation in a canonical coordinate is more than a sample's chance.
  private func requireShift(
    _ part: LinearPart, _ modality: Modality, _ directions: Tensor, _ mean: Tensor
  ) throws {
    guard part.layer.bias == nil else { return }
    let offset = matmul(directions, mean.unsqueezed(1)).abs().max().item()
    guard offset > 0.5 else { return }
    throw Self.notCovered(
      "the samples of \(modality) have a mean, and their encoder has no shift to take it away",
      "use linear without :no-bias, or linear:no-bias:standardized")
  }

  private static func notCovered(_ what: String, _ remedy: String) -> Failure {
    Failure(what, at: .setting("start", value: "theory"), remedy: "\(remedy), or start at random")
  }
}

extension LinearPart {
  /// Sets the layer to the encoder times a factor; a layer without shift leaves the shift out.
  fileprivate func load(_ encoder: AffineEncoder, times factor: Double) throws {
    var values = ["weight": encoder.weight * factor]
    if layer.bias != nil { values["bias"] = encoder.bias * factor }
    try layer.parameters.load(values, from: "the theory")
  }
}
