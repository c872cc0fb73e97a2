import CTorch
import Files

/// Limited-memory BFGS with a strong Wolfe line search, libtorch's own. For a loss on the full data,
/// where it converges far faster than the stochastic rules; on changing batches it is not sound.
public final class LBFGS: Optimizer {
  let parameters: [Tensor]
  private let raw: ct_optimizer

  /// The length that the line search of each iteration tries first.
  public var learningRate: Double {
    didSet { check(ct_lbfgs_set_learning_rate(raw, learningRate), "LBFGS.learningRate", []) }
  }

  /// - Parameters:
  ///   - iterations: how many quasi-Newton iterations one call of `step` makes.
  ///   - history: how many past steps approximate the curvature.
  ///   - gradientTolerance: a step ends early when the largest gradient is below it.
  ///   - changeTolerance: a step ends early when loss and parameters change by less.
  public init(
    _ parameters: [Tensor], learningRate: Double = 1, iterations: Int = 20, history: Int = 100,
    gradientTolerance: Double = 1e-7, changeTolerance: Double = 1e-9
  ) {
    self.parameters = parameters
    self.learningRate = learningRate
    var out: ct_optimizer?
    let status = withHandles(parameters) {
      ct_lbfgs_create(
        &out, $0, $1, learningRate, Int64(iterations), Int64(history), true, gradientTolerance,
        changeTolerance)
    }
    check(status, "LBFGS", parameters)
    self.raw = out!  // Set by a call that succeeded.
  }

  deinit { ct_optimizer_free(raw) }

  /// So many quasi-Newton iterations, each with several evaluations. Returns the loss before them.
  @discardableResult
  public func step(_ evaluate: () -> Tensor) -> Tensor {
    withoutActuallyEscaping(evaluate) { evaluate in
      let call = Evaluation { [parameters] in
        clearGradients(parameters)
        return evaluate().item()
      }
      var loss = 0.0
      let status = withExtendedLifetime(call) {
        ct_lbfgs_step(
          raw,
          { context in
            // The context is the Evaluation kept alive around this call.
            Unmanaged<Evaluation>.fromOpaque(context!).takeUnretainedValue().body()
          }, Unmanaged.passUnretained(call).toOpaque(), &loss)
      }
      check(status, "LBFGS.step", parameters)
      return Tensor(loss, dtype: .float64)
    }
  }

  /// Boxes a closure for the way through C.
  private final class Evaluation {
    let body: () -> Double
    init(_ body: @escaping () -> Double) { self.body = body }
  }

  private static let names = [
    "counters", "direction", "scale", "gradient", "steps", "gradientChanges", "curvatures",
  ]

  /// Counters, the last direction, scale and gradient, and the history of steps; empty before the first step.
  public var state: [(name: String, tensor: Tensor)] {
    var count: Int32 = 0
    check(ct_lbfgs_state_count(raw, &count), "LBFGS.state", [])
    guard count > 0 else { return [] }
    var handles = [ct_tensor?](repeating: nil, count: Int(count))
    check(ct_lbfgs_state(raw, &handles, count), "LBFGS.state", [])
    return zip(LBFGS.names, handles).map { (name: $0, tensor: Tensor(owning: $1)) }
  }

  /// Brings back a memory.
  /// - Throws: `Failure` when it is not one of an L-BFGS optimiser.
  public func restore(_ state: [String: Tensor], from place: String) throws {
    let list = LBFGS.names.prefix(state.count).compactMap { state[$0] }
    guard list.count == state.count, withHandles(list, { ct_lbfgs_restore(raw, $0, $1) }) == CT_OK
    else {
      throw Failure(
        "not the memory of an L-BFGS optimiser", at: place,
        remedy: "resume with the optimiser that wrote the checkpoint")
    }
  }
}

extension LBFGS {
  /// `lbfgs[:iterations=20]`; meant for the full data as one batch.
  public struct Rule: OptimizerRule {
    /// Quasi-Newton iterations of one step.
    public var iterations: Int

    /// - Parameter iterations: of one step.
    public init(iterations: Int = 20) { self.iterations = iterations }

    /// L-BFGS of these parameters with so many iterations a step.
    public func make(_ parameters: [Tensor], learningRate: Double) -> any Optimizer {
      LBFGS(parameters, learningRate: learningRate, iterations: iterations)
    }
  }

  static let entry = Optimizers.Entry(
    "lbfgs", Rule(), [.value("iterations", .integer(in: 1...1_000_000), \.iterations)]
  ) { $0 }
}
