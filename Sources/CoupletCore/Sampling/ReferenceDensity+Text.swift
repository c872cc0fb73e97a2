import Files

extension ReferenceDensity {
  /// From its text: `gaussian:MEAN,VARIANCE` or `uniform:LOW,HIGH`, each one number for all coordinates or one a
  /// coordinate with `/` between them; and products of such laws with `+` between them, `@n` after one that has n
  /// coordinates where its numbers do not say so.
  ///
  /// ```swift
  /// try ReferenceDensity("gaussian:0,1", dimension: 100)
  /// try ReferenceDensity("uniform:-1/0,1/10", dimension: 2)              // [−1, 1] × [0, 10]
  /// try ReferenceDensity("gaussian:0,4@3+uniform:0,1", dimension: 4)     // the last one on [0, 1]
  /// ```
  /// - Throws: `Failure` when the text is neither, its numbers make no law, or it has other than `dimension` coordinates.
  public init(_ text: String, dimension: Int) throws {
    let laws = try text.split(separator: "+", omittingEmptySubsequences: false).map {
      try ReferenceDensity.Law($0, in: text)
    }
    // The numbers of coordinates that are said; a law that says none has what is left.
    let said = laws.compactMap(\.count).reduce(0, +)
    let open = laws.count { $0.count == nil }
    let left = dimension - said
    guard open == 0 ? left == 0 : (open == 1 && left >= 1) else {
      throw Failure(
        open > 1
          ? "'\(text)' does not say which coordinates each law has"
          : "'\(text)' has \(said) coordinates\(open == 1 ? " or more" : "") where there are \(dimension)",
        remedy:
          "give one number, or one for each coordinate as in uniform:0/0,1/2, or their number as in gaussian:0,1@3"
      )
    }
    let made = try laws.map { try $0.density($0.count ?? left) }
    self = made.count == 1 ? made[0] : .product(made)
  }

  /// One law of a text.
  private struct Law {
    let name: String
    let first, second: [Double]
    /// The number of coordinates, where it is said.
    let count: Int?
    let text: String

    static let remedy = "give gaussian:MEAN,VARIANCE, uniform:LOW,HIGH, mixture:K, fitted or a file"

    init(_ part: Substring, in text: String) throws {
      let words = part.split(separator: ":", omittingEmptySubsequences: false)
      let counted = (words.count == 2 ? words[1] : "").split(
        separator: "@", omittingEmptySubsequences: false)
      let numbers = (counted.first ?? "").split(separator: ",", omittingEmptySubsequences: false)
        .map { list in
          list.split(separator: "/", omittingEmptySubsequences: false).map { Double($0) ?? .nan }
        }
      let number = counted.count == 2 ? Int(counted[1]) : nil
      guard words.count == 2, ["gaussian", "uniform"].contains(words[0]), numbers.count == 2,
        counted.count == 1 || number ?? 0 > 0, numbers.joined().allSatisfy(\.isFinite)
      else {
        throw Failure("'\(text)' is no prior", remedy: Law.remedy)
      }
      (name, first, second) = (String(words[0]), numbers[0], numbers[1])
      self.text = text
      let lengths = Set(
        [first.count, second.count].filter { $0 > 1 } + (number.map { [$0] } ?? []))
      guard lengths.count <= 1 else {
        throw Failure(
          "'\(part)' has \(lengths.sorted().map(String.init).joined(separator: " and ")) coordinates",
          remedy: "give one number, or one for each coordinate")
      }
      count = lengths.first
    }

    func density(_ count: Int) throws -> ReferenceDensity {
      func all(_ values: [Double]) -> [Double] {
        values.count == 1 ? Array(repeating: values[0], count: count) : values
      }
      let (first, second) = (all(first), all(second))
      switch name {
      case "gaussian" where second.allSatisfy { $0 > 0 }:
        // No n × n factor, however many coordinates there are.
        return .spectrum(
          try GaussianSpectrum(eigenvalues: Tensor(second), mean: Tensor(first)))
      case "uniform" where zip(first, second).allSatisfy { $0 < $1 }:
        return .uniform(low: Tensor(first), high: Tensor(second))
      default:
        throw Failure(
          "'\(text)' is no law", remedy: "give a variance above 0, or bounds in order")
      }
    }
  }
}

// MARK: - Fitted, and from files

extension ReferenceDensity {
  /// From a text as of `init(_:dimension:)`, or what is fitted to samples of the law: `fitted`, a Gaussian law;
  /// `mixture:K`, a mixture of K of them, and `mixture:auto`, of as many as the Bayesian information criterion says; or a file,
  /// `.safetensors` or `.npz`.
  ///
  /// ```swift
  /// try ReferenceDensity("mixture:auto", dimension: 2, fittedTo: candidates, key: Key(0))
  /// ```
  /// - Parameters:
  ///   - samples: N × dimension, asked for where something is fitted.
  ///   - key: of the starts of a fit.
  /// - Throws: `Failure` when the text or the file is no law in so many coordinates, or samples do not determine it.
  public init(
    _ text: String, dimension: Int, fittedTo samples: @autoclosure () throws -> Tensor, key: Key
  ) throws {
    let words = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    if text == "fitted" {
      try self.init(fittedTo: samples())
    } else if words[0] == "mixture" {
      let count = words.count == 2 ? String(words[1]) : ""
      if count == "auto" {
        try self.init(GaussianMixture(fittedTo: samples(), key: key))
      } else if let components = Int(count), (1...1000).contains(components) {
        try self.init(GaussianMixture(fittedTo: samples(), components: components, key: key))
      } else {
        throw Failure(
          "'\(text)' is no prior", remedy: "give mixture:K with K from 1 to 1000, or mixture:auto")
      }
    } else if text.hasSuffix(".safetensors") || text.hasSuffix(".npz") {
      try self.init(file: text, dimension: dimension)
    } else {
      try self.init(text, dimension: dimension)
    }
  }

  /// From a file of named arrays, `.safetensors` or `.npz`: `mean` (n) and `covariance` (n × n); or `weights` (K), `means`
  /// (K × n) and `covariances` (K × n × n) of a mixture; or `eigenvalues` (r) of a spectrum, with `basis` (n × r) and `mean` (n)
  /// where there are such.
  /// - Throws: `Failure` naming the file when it holds none of these in `dimension` coordinates.
  public init(file: String, dimension: Int) throws {
    let arrays =
      file.hasSuffix(".npz")
      ? try Npz.read(file, requireFinite: true).mapValues { try Tensor($0, name: file) }
      : try Safetensors.read(file).tensors()
    func law() throws -> ReferenceDensity? {
      if let values = arrays["eigenvalues"] {
        return .spectrum(
          try GaussianSpectrum(
            eigenvalues: values, basis: arrays["basis"], mean: arrays["mean"]))
      }
      if let weights = arrays["weights"], let means = arrays["means"],
        let covariances = arrays["covariances"]
      {
        return try ReferenceDensity(
          GaussianMixture(weights: weights, means: means, covariances: covariances))
      }
      guard let mean = arrays["mean"], let covariance = arrays["covariance"], mean.rank == 1,
        covariance.shape == [mean.count, mean.count]
      else { return nil }
      return try ReferenceDensity(mean: mean, covariance: covariance)
    }
    do {
      guard let law = try law() else {
        throw Failure(
          "there is no mean of \(dimension) numbers with its covariance, no mixture and no spectrum",
          remedy:
            "save mean and covariance, or weights, means and covariances, or eigenvalues and basis")
      }
      guard law.sampleDimension == dimension else {
        throw Failure(
          "the law has \(law.sampleDimension) coordinates where there are \(dimension)",
          remedy: "give one of samples of the run")
      }
      self = law
    } catch let failure as Failure {
      throw failure.at(.file(file))
    }
  }
}
