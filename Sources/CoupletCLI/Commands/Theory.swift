import Arguments
import CoupletCore
import Files
import GaussianTheory

/// `couplet theory`: the best linear encoders of a Gaussian pair, in closed form.
enum Theory {
  private static let covariance = Argument.option(
    "covariance", .file, "the covariance of (u, v) as .npy; with --u-dim")
  private static let uDimension = Argument.option(
    "u-dim", .integer(in: 1...), "how many of its first coordinates belong to u")
  private static let u = Argument.option(
    "u", .text("FILE[:MEMBER]"), "samples of u, one per row; with --v, in place of --covariance")
  private static let v = Argument.option(
    "v", .text("FILE[:MEMBER]"), "samples of v; row i belongs to row i of u")

  private static let rank = Argument.option(
    "rank", .integer(in: 1...), shown: "the smaller of the two dimensions",
    "the length of an embedding")
  private static let tilting = Argument.option(
    "tilting", .choice(of: GaussianTilting.self), default: .innerProduct,
    "how two embeddings give a score")
  private static let loss = Argument.option(
    "loss", .choice(GaussianLoss.names), default: "two-sided",
    "what the encoders are best for")
  private static let weights = Argument.option(
    "weights", .list(of: .nonNegative(), count: 2), shown: "1,1",
    "the weights of u-given-v and v-given-u in the two-sided loss")

  private static let truncate = Argument.option(
    "truncate", .positive(),
    "leave out directions of u, and of v, whose eigenvalue is below this part of the largest")
  private static let shrinkage = Argument.option(
    "shrinkage", shrinkageKind, default: Shrinkage.none, shown: "0",
    "by which part the correlations are shrunk; auto: as Ledoit and Wolf, for samples")
  private static let heldOut = Argument.option(
    "held-out", .fraction, default: 0.5,
    "the part of the samples on which canonical correlations are measured; 0 for none")

  private static var shrinkageKind: ValueKind<Shrinkage> {
    ValueKind("X|auto") { text in
      if text == "auto" { return .ledoitWolf }
      guard let intensity = Double(text), (0...1).contains(intensity) else {
        throw Failure("'\(text)' is not an intensity", remedy: "give a number from 0 to 1, or auto")
      }
      return intensity == 0 ? .none : .intensity(intensity)
    }
  }

  static let command = Command(
    "theory", "Computes the best linear encoders of Gaussian pairs, in closed form.",
    discussion: """
      The answer holds the canonical correlations, the mutual information, the matrices G and H of \
      the encoders u -> G u and v -> H v, A = G^T H, what is lost at the optimum (the expected \
      Kullback-Leibler divergence J in nats, 0 where the model is exact), and the conditional and \
      marginal covariances that the model has learned; matrices are printed with --json only.

      Nothing is truncated or regularised unless --truncate or --shrinkage says so; a covariance \
      that is numerically singular is refused. From samples, the moments are estimated and \
      standard errors are given; the mutual information is without the bias of the sample, in an \
      interval of 95 %, and right if the pairs are Gaussian, which is tested.
      """,
    [
      .init("Input", [covariance, uDimension, u, v] + RunOptions.ofReading),
      .init("Model", [rank, tilting, loss, weights]),
      .init("Estimation", [truncate, shrinkage, heldOut]),
    ],
    examples: [
      .init(
        "couplet theory --covariance C.npy --u-dim 12 --rank 5 --tilting squared-distance --loss u-given-v --json",
        "from a covariance"),
      .init("couplet theory --u u.npy --v v.npy --shrinkage auto", "from samples"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    let loss = try gaussianLoss(arguments)
    let truncation = try truncation(arguments)
    let report: TheoryReport
    switch (arguments[covariance], arguments[u], arguments[v]) {
    case (let file?, nil, nil):
      let analysis = try analysis(of: file, arguments, truncation)
      report = try TheoryReport(
        try optimum(analysis, loss, arguments), lossName: arguments[Self.loss], truncation)
    case (nil, let uFile?, let vFile?):
      report = try self.report(uFile, vFile, arguments, loss, truncation, common)
    case (nil, nil, nil):
      throw UsageError(
        "there is no input", remedy: "give --covariance FILE --u-dim N, or --u FILE --v FILE")
    case (nil, _, _):
      throw UsageError("--u and --v go together", remedy: "give both")
    default:
      throw UsageError(
        "--covariance and --u, --v exclude each other", remedy: "give one of them")
    }
    for warning in report.warnings { common.warn(warning) }
    try Console.show(report, as: common)
  }

  // MARK: Input

  private static func analysis(
    of file: String, _ arguments: ParsedArguments, _ truncation: Truncation
  ) throws -> CanonicalAnalysis {
    if let given = arguments.firstGiven(RunOptions.ofReading + [heldOut]) {
      throw UsageError(
        "\(given.typed) is for samples, not for a covariance", remedy: "leave it out")
    }
    guard let split = arguments[uDimension] else {
      throw UsageError(
        "--covariance needs --u-dim", remedy: "say how many of its first coordinates belong to u")
    }
    let matrix = try array(file)
    if matrix.rank == 2, matrix.shape[0] == matrix.shape[1], split >= matrix.shape[0] {
      guard matrix.shape[0] > 1 else {
        throw Failure(
          "a matrix of shape \(matrix.shape) is not the covariance of a pair", at: file,
          remedy: "pass the covariance of all coordinates of u and v")
      }
      throw UsageError(
        "\(split) of \(matrix.shape[0]) coordinates leave none for v", at: .setting("u-dim"),
        remedy: "give at most \(matrix.shape[0] - 1)")
    }
    return try located(["covariance": file]) {
      var pair = try PairCovariance(matrix, uDimension: split)
      switch arguments[shrinkage] {
      case .none: break
      case .intensity(let intensity): pair = try pair.shrunk(by: intensity)
      case .ledoitWolf:
        throw UsageError(
          "auto needs samples: a covariance does not say how many it comes from",
          at: .setting("shrinkage"), remedy: "give a number from 0 to 1")
      }
      return try pair.canonicalAnalysis(truncation: truncation)
    }
  }

  private static func report(
    _ uFile: String, _ vFile: String, _ arguments: ParsedArguments, _ loss: GaussianLoss,
    _ truncation: Truncation, _ common: Common
  ) throws -> TheoryReport {
    if arguments[uDimension] != nil {
      throw UsageError("--u-dim belongs to --covariance", remedy: "leave it out")
    }
    let pairs = try RunOptions.realPairs(
      uFile, vFile,
      (RunOptions.reading(arguments) ?? .init()).over(DataOptions(groups: GroupsChoice.none)),
      common)
    let samples = (u: try samples(pairs[.u]), v: try samples(pairs[.v]))
    let both = "\(uFile), \(vFile)"
    return try located(["u": uFile, "v": vFile, "samples": both, "covariance": both]) {
      let estimate = try PlugInEstimate(
        u: samples.u, v: samples.v, shrinkage: arguments[shrinkage], truncation: truncation)
      let optimum = try optimum(estimate.analysis, loss, arguments)
      var report = try TheoryReport(optimum, lossName: arguments[Self.loss], truncation)
      report.add(estimate)
      report.add(
        GaussianInformation(estimate, u: samples.u, v: samples.v, key: common.key.folded(with: 1)))
      if arguments[heldOut] > 0 {
        do {
          report.add(
            try HeldOutCorrelations(
              u: samples.u, v: samples.v, fraction: 1 - arguments[heldOut],
              shrinkage: arguments[shrinkage], truncation: truncation, key: common.key))
        } catch let failure as Failure {
          report.warnings.append("no held-out canonical correlations: \(failure.what)")
        }
      }
      return report
    }
  }

  private static func optimum(
    _ analysis: CanonicalAnalysis, _ loss: GaussianLoss, _ arguments: ParsedArguments
  ) throws -> GaussianOptimum {
    let (nu, nv) = (analysis.covariance.uDimension, analysis.covariance.vDimension)
    let rank = arguments[rank] ?? min(nu, nv)
    guard rank <= 100_000_000 / (nu + nv) else {
      throw UsageError(
        "encoders of rank \(rank) are too large", at: .setting("rank"),
        remedy: "give at most \(min(nu, nv)): more changes nothing")
    }
    return try analysis.optimum(rank: rank, tilting: arguments[tilting], loss: loss)
  }

  private static func array(_ file: String) throws -> Tensor {
    try Tensor(try Npy.read(file, requireFinite: true), name: file).to(.float64)
  }

  /// Samples of any shape as rows.
  private static func samples(_ source: any SampleSource) throws -> Tensor {
    guard case .real(let shape) = source.space, shape.reduce(1, *) > 0 else {
      throw Failure(
        "the samples are \(source.space.inWords), not real numbers", at: source.name,
        remedy: "give columns of numbers")
    }
    let data = try source.all().to(.float64)
    return data.reshaped([data.shape[0], data.count / data.shape[0]])
  }

  // MARK: Options

  private static func gaussianLoss(_ arguments: ParsedArguments) throws -> GaussianLoss {
    do {
      return try GaussianLoss(named: arguments[loss], weights: arguments[weights])
    } catch let failure as Failure {
      throw UsageError(failure)
    }
  }

  private static func truncation(_ arguments: ParsedArguments) throws -> Truncation {
    guard let threshold = arguments[truncate] else { return .none }
    guard threshold < 1 else {
      throw UsageError(
        "\(threshold) leaves nothing", at: .setting("truncate"),
        remedy: "give a number between 0 and 1")
    }
    return .below(threshold)
  }

  /// Failures of the theory in the files that its inputs came from.
  private static func located<Result>(
    _ files: [String: String], _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let failure as Failure {
      guard case .input(let name, let index) = failure.place, let file = files[name] else {
        throw failure
      }
      throw failure.at(.file(file, field: index.map { "index \($0)" }))
    }
  }
}
