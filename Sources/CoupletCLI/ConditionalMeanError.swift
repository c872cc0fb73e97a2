import CoupletCore
import Files
import Runs
import Simulators

/// On pairs of the Gaussian field, whose conditionals are known: how far the learned conditional
/// means are from the exact ones.
///
/// The learned mean of u given v is that of the weighted training samples of u (eq. 28). The error is
/// the mean over test pairs of |learned − exact|²; beside it stands the mean of |exact|², the error
/// of a model that has learned nothing.
struct ConditionalMeanError: CommandResult {
  private let errors: [(modality: Modality, given: Modality, error: Double, unconditional: Double)]

  /// nil when the pairs are not those of a Gaussian field.
  init?(_ trained: TrainedRun, pairs: PairedData, source: DataSource?) throws {
    guard case .dataset("gaussian-field", let folder) = try source ?? trained.configuration.source()
    else {
      return nil
    }
    let (simulation, data) = try GaussianField.Simulation.read(folder)
    let tests = pairs[0..<min(pairs.count, 1000)]
    errors = try trained.coupling.modalities.map { modality in
      let partner = trained.coupling.partner(of: modality)
      let given = try tests[partner].all()
      let gallery = Gallery(candidates: try data.training[modality].all())
      let learned = try stack(trained.answers(modality, given: given, among: gallery) { $0.mean })
      let exact = try matmul(given.to(.float64), simulation.field.conditional(modality).map)
      return (
        modality, partner, (learned - exact).square().sum(dim: 1).mean().item(),
        exact.square().sum(dim: 1).mean().item()
      )
    }
  }

  func encode(to encoder: any Encoder) throws {
    try Named(errors.map { ($0.modality.name, $0.error) }).encode(to: encoder)
  }

  var text: String {
    errors.map {
      "mean of \($0.modality) given \($0.given): squared error against the exact one "
        + "\($0.error.short) (of the unconditional mean \($0.unconditional.short))\n"
    }.joined()
  }
}
