extension Experiments {
  static let figure4 = Experiment(
    "figure4", .gaussian, "the optimum for the inner product and the joint loss, against the truth"
  ) { try PlanarCase.joint.findings($0) }
}
