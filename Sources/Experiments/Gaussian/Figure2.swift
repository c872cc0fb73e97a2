extension Experiments {
  static let figure2 = Experiment(
    "figure2", .gaussian,
    "the optimum for the inner product and the two-sided loss, against the truth"
  ) { try PlanarCase.innerProduct.findings($0) }
}
