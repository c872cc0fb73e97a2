import Files

/// What training makes small: a function of the scores of a batch of pairs, differentiable.
///
/// Values are relative to the reference measure (means over it, not sums), so that they are comparable
/// across batch sizes and have a limit as N → ∞ (Theorem 2.8). The Kullback–Leibler losses, in nats, are 0 for a
/// model that has learned nothing, s constant; the usual contrastive (CLIP) value is theirs plus log N.
public protocol Loss: Sendable {
  /// Its name on the command line and in files.
  var name: String { get }
  /// Whether it compares the data themselves, by kernels.
  var usesData: Bool { get }
  /// Whether its value over ranks is known (MATH §12): it sees scores by sums alone, which rows can be shared of.
  var isShared: Bool { get }
  /// The value, a scalar.
  func callAsFunction(_ batch: ScoredBatch) -> Tensor
  /// By how much the usual contrastive (CLIP, InfoNCE) value of a batch of N pairs, whose normalisers are sums
  /// over the batch and not means, exceeds this loss; nil, the default, for the losses that have no such
  /// counterpart. Unlike the loss that value grows with the batch, and is log N for a model that has learned
  /// nothing.
  ///
  /// ```swift
  /// ConditionalLoss(.twoSided).usualOffset(pairs: 512)   // 6.238, log 512
  /// ```
  func usualOffset(pairs: Int) -> Double?
  /// Which bound on the mutual information training makes large: that of one conditional for one-sided losses, the
  /// two-sided one by default.
  ///
  /// ```swift
  /// ConditionalLoss(.uGivenV).informationBound   // .infoNCEOfU
  /// ```
  var informationBound: InformationBound { get }
  /// Whether its minimum is the log density ratio itself, without a free constant or function (MATH §11): the coupling then
  /// learns a shift of its scores, and the batch is the reference.
  var isNormalized: Bool { get }
}

extension Loss {
  /// Whether scores of independent observations of one cause add: not where only the conditionals of these observations were
  /// matched, whose free function of the cause would count once an observation (MATH §2).
  ///
  /// ```swift
  /// ConditionalLoss(.vGivenU).addsOver(causeIsFirst: true)    // false: u is the cause, each v an observation
  /// ConditionalLoss(.twoSided).addsOver(causeIsFirst: true)   // true
  /// ```
  public func addsOver(causeIsFirst: Bool) -> Bool {
    informationBound != (causeIsFirst ? .infoNCEOfV : .infoNCEOfU)
  }

  /// False: the scores are all that most losses see.
  public var usesData: Bool { false }
  /// False: a loss that sees more than sums is computed by one process.
  public var isShared: Bool { false }
  /// None: for losses without a contrastive counterpart.
  public func usualOffset(pairs: Int) -> Double? { nil }
  /// InfoNCE of both conditionals.
  public var informationBound: InformationBound { .infoNCE }
  /// False.
  public var isNormalized: Bool { false }
}

extension Loss {
  /// The place of the side whose conditional alone the loss matches, 0 for ν(u | v); nil where it matches both, or the joint
  /// law.
  ///
  /// ```swift
  /// ConditionalLoss(.uGivenV).predictedSide   // 0
  /// ```
  public var predictedSide: Int? {
    guard !isNormalized, !usesData else { return nil }
    return switch informationBound {
    case .infoNCEOfU: 0
    case .infoNCEOfV: 1
    case .infoNCE: nil
    }
  }
}

/// The losses by name. Each loss's file declares its names and options.
///
/// | text | loss |
/// |---|---|
/// | `two-sided[:weights=λu,λv]` | `ConditionalLoss` with both sides |
/// | `u-given-v`, `v-given-u` | `ConditionalLoss` with one side |
/// | `joint[:all-pairs]` | `JointLoss` |
/// | `sigmoid` | `SigmoidLoss` |
/// | `anchored[:gamma=γ][:weights=λu,λv]` | `AnchoredLoss` |
/// | `mmd-two-sided[:weights=λu,λv][:kernel-u=K][:kernel-v=K]` | `ConditionalMMDLoss` with both sides |
/// | `mmd-u-given-v[:kernel-u=K]`, `mmd-v-given-u[:kernel-v=K]` | `ConditionalMMDLoss` with one side |
/// | `mmd-joint[:kernel-u=K][:kernel-v=K]` | `JointMMDLoss` |
///
/// K is the text of a `Kernel` with `/` for `:`, as `laplace/0.5`.
///
/// ```swift
/// try Losses.named("two-sided:weights=1,2")
/// Losses.register(.init("mine", MyLoss(), [.value("margin", .positive(), \.margin)]) { $0 })
/// ```
public enum Losses: Registrable {
  /// What a name stands for.
  public typealias Value = any Loss

  /// The losses of the paper, and what a client adds.
  public static let registry = Registry<any Loss>(
    "loss",
    ConditionalLoss.entries + [JointLoss.entry, SigmoidLoss.entry, AnchoredLoss.entry]
      + ConditionalMMDLoss.entries + [JointMMDLoss.entry])
}

/// A loss as text, with its options: what a command line and a configuration file say of it.
///
/// ```swift
/// let settings = try LossSettings("mmd-joint:kernel-u=laplace/0.5")
/// settings.value   // JointMMDLoss
/// ```
public typealias LossSettings = Registered<Losses>

extension ValueKind where Value == [Double] {
  /// λ_u and λ_v of a two-sided loss.
  static var weights: ValueKind {
    let pair = ValueKind.list(of: .nonNegative(), count: 2)
    return ValueKind("λu,λv", text: pair.text) { text in
      let weights = try pair.parse(text)
      guard weights.max() ?? 0 > 0, weights.reduce(0, +).isFinite else {
        throw Failure(
          "the weights \(text) are both 0 or too large", remedy: "give two, say 1,2")
      }
      return weights
    }
  }
}

extension Registered where Kind == Losses {
  /// `two-sided`.
  public static var twoSided: LossSettings { LossSettings(ConditionalLoss.entries[0]) }
}
