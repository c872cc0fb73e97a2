import CoupletCore
import Encoders
import Files
import GaussianTheory

// Whether the score of a posterior has a closed form.
extension RunConfiguration {
  /// The level of the test below which v is not taken for a linear function of u with Gaussian noise: so low that among a
  /// thousand data sets of which it is true one is refused.
  static let linearLevel = 0.001

  /// Takes, for a posterior, the closed form in place of a network where v looks like a linear function of u with Gaussian noise
  /// (`GaussianRegression`): the squared distance of linear embeddings, started at the theory, which is the maximum-likelihood
  /// estimate of the likelihood whatever the law of u, and has far fewer numbers to learn than a network.
  ///
  /// - Parameter given: the names of the settings that are; where the model or its loss is among them nothing changes.
  /// - Returns: why, in words; nil where the network stays.
  /// - Throws: `Failure` when samples cannot be read.
  public mutating func takeLinearLikelihood(_ parts: PairParts, given: Set<String>) throws
    -> String?
  {
    let closing: Set = [
      "tilting", "loss", "weights", "encoder-u", "encoder-v", "start", "dimension", "temperature",
      "learn-temperature", "potential-u", "potential-v",
    ]
    guard given.isDisjoint(with: closing), case .real = self[.u].space,
      case .real = self[.v].space
    else { return nil }
    func vectors(_ modality: Modality) throws -> Tensor {
      let samples = try parts.training[modality].sampleForStatistics()
      return samples.reshaped([samples.shape[0], -1])
    }
    let (u, v) = (try vectors(.u), try vectors(.v))
    guard u.shape[1] + v.shape[1] <= 200, u.shape[0] == v.shape[0],
      let test = GaussianRegression(of: v, on: u), test.p >= RunConfiguration.linearLevel
    else { return nil }
    var changes = [
      "tilting": "squared-distance", "encoder-u": "linear", "encoder-v": "linear",
      "start": Start.theory.rawValue, "dimension": "\(u.shape[1])", "learning-rate": "1e-4",
      "epochs": "20", "evaluate-every": "1",
    ]
    for key in given { changes[key] = nil }
    var settings = try with(changes)
    (settings.temperature, settings.learnTemperature) = (1, false)
    // A covariance that is nearly singular has no closed form.
    guard (try? settings.coupling(training: parts.training)) != nil else { return nil }
    self = settings
    return
      "v looks like a linear function of u with Gaussian noise (p = \(test.p.digits(2))): "
      + "the closed form in place of a network"
  }
}
