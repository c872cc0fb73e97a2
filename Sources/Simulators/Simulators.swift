import Samples

/// The simulators that come with Couplet, each beside its exact answer, as kinds of data.
public enum Simulators {
  /// Makes `gaussian-field:DIR` and `ocean:DIR` known to `DataSource`; a second call does nothing.
  public static func register() { _ = once }

  private static let once: Void = DataSource.register(GaussianFieldFormat(), OceanFormat())
}

private struct GaussianFieldFormat: DatasetFormat {
  var name: String { "gaussian-field" }

  func read(
    _ folder: String, _ options: DataOptions, report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset {
    try GaussianField.Simulation.read(folder).data
  }
}

private struct OceanFormat: DatasetFormat {
  var name: String { "ocean" }

  func read(
    _ folder: String, _ options: DataOptions, report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset {
    try Ocean.Simulation.read(folder).data
  }
}
