import CoupletCore
import Encoders
import Files
import GaussianTheory
import Training

extension Coupling {
  /// Sets linear encoders to the pairs' leading canonical coordinates x_i and y_i, shrunk (Ledoit and Wolf 2004) and
  /// weighted as the Gaussian theory weights them in the product of embeddings (MATH §4.2):
  ///
  ///     g_u(u)_i = w_i x_i,   g_v(v)_i = w_i y_i,   w_i² = σ_i / (1 − σ_i²),   i = 1…d.
  ///
  /// Where there are fewer than d canonical correlations the rest of an embedding is 0. This is the linear baseline
  /// that a trained model is compared with, and with the cosine a start near canonical correlation analysis.
  /// - Throws: `Failure` naming an encoder that is not linear, or data without a covariance.
  public func startAtCanonicalCoordinates(of pairs: PairedData) throws {
    let parts = try modalities.map { modality in
      guard let part = self[modality].encoder.linearPart, pairs[modality].space.shape != nil else {
        throw Failure(
          "the encoder of \(modality) is not a linear one of real samples",
          at: .setting("start", value: Start.canonical.rawValue),
          remedy: "use `encoder-\(modality)` linear, or start at random")
      }
      return part
    }
    let samples = try zip(parts, modalities).map { part, modality in
      part.inputs(try pairs[modality].sampleForStatistics()).to(.float64)
    }
    let analysis = try PlugInEstimate(
      u: samples[0], v: samples[1], shrinkage: .ledoitWolf, truncation: .below(1e-9)
    ).analysis
    let used = min(dimension, analysis.modes.count)
    let weights = Tensor(
      analysis.modes[..<used].map { mode in
        (mode.sigma / max(mode.conditionalVariance, 0.01)).squareRoot()
      })
    let covariance = analysis.covariance
    for (part, (directions, mean)) in zip(
      parts,
      [
        (analysis.directionsU, covariance.meanU), (analysis.directionsV, covariance.meanV),
      ])
    {
      let rows = directions[0..<used] * weights.unsqueezed(1)
      let weight =
        used == dimension
        ? rows : cat([rows, .zeros([dimension - used, rows.shape[1]], dtype: .float64)], dim: 0)
      var values = ["weight": weight]
      if part.layer.bias != nil {
        values["bias"] = -matmul(weight, mean.unsqueezed(1)).squeezed(1)
      }
      try part.layer.parameters.load(values, from: "the canonical coordinates")
    }
  }
}
