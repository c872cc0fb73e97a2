extension Experiments {
  static let figure3 = Experiment(
    "figure3", .gaussian,
    "the optimum for the squared distance and the one-sided loss u | v, against the truth"
  ) { try PlanarCase.squaredDistance.findings($0) }
}
