import Files
import Foundation

/// How the learning rate depends on progress: a factor on the optimiser's own rate.
///
/// ```swift
/// Schedule.cosine(warmup: 0.05).factor(step: 500, of: 1000)  // ≈ 0.54
/// ```
///
/// As text `constant`, `cosine[:warmup=F][:final=F]` or `linear[:warmup=F][:final=F]`, with fractions F from 0 to 1.
public enum Schedule: TextForm {
  /// The initial learning rate throughout.
  case constant
  /// Rises linearly from 0 over the fraction `warmup` of all steps, then falls as a half cosine to
  /// `final`.
  case cosine(warmup: Double = 0, final: Double = 0)
  /// Rises linearly from 0 over the fraction `warmup` of all steps, then falls linearly to `final`.
  case linear(warmup: Double = 0, final: Double = 0)

  /// The factor for step `step` (0, 1, …) of `total`.
  public func factor(step: Int, of total: Int) -> Double {
    switch self {
    case .constant: 1
    case .cosine(let warmup, let final):
      Schedule.warmed(step, total, warmup) { final + (1 - final) * 0.5 * (1 + cos(.pi * $0)) }
    case .linear(let warmup, let final):
      Schedule.warmed(step, total, warmup) { 1 - (1 - final) * $0 }
    }
  }

  /// `decay` is called with the progress after the warm-up, from 0 to 1.
  private static func warmed(
    _ step: Int, _ total: Int, _ warmup: Double, decay: (Double) -> Double
  ) -> Double {
    let rise = warmup * Double(total)
    if Double(step) < rise { return Double(step + 1) / (rise + 1) }
    return decay(min(1, (Double(step) - rise) / max(1, Double(total) - rise)))
  }

  /// The same with another fraction of steps over which the rate rises.
  /// - Throws: `Failure` for the constant schedule, which has no warm-up.
  public func with(warmup: Double) throws -> Schedule {
    switch self {
    case .constant:
      throw Failure(
        "the constant schedule has no warm-up", remedy: "give `schedule` cosine or linear")
    case .cosine(_, let final): .cosine(warmup: warmup, final: final)
    case .linear(_, let final): .linear(warmup: warmup, final: final)
    }
  }

  // MARK: As text

  /// - Throws: `Failure` listing the schedules, or saying what is wrong with the fractions of this one.
  public init(_ text: String) throws {
    var fields = TextFields(text, of: "schedule")
    func fraction(_ key: String) throws -> Double {
      try fields.value(key, .number(in: 0...1, "F")) ?? 0
    }
    switch fields.name {
    case "constant": self = .constant
    case "cosine": self = .cosine(warmup: try fraction("warmup"), final: try fraction("final"))
    case "linear": self = .linear(warmup: try fraction("warmup"), final: try fraction("final"))
    default: throw fields.unknown(among: ["constant", "cosine", "linear"])
    }
    try fields.requireEmpty(
      usage: self == .constant ? "constant" : "\(fields.name)[:warmup=F][:final=F]")
  }

  /// The text that gives the schedule back.
  public var description: String {
    func text(_ name: String, _ warmup: Double, _ final: Double) -> String {
      name + (warmup == 0 ? "" : ":warmup=\(warmup)") + (final == 0 ? "" : ":final=\(final)")
    }
    return switch self {
    case .constant: "constant"
    case .cosine(let warmup, let final): text("cosine", warmup, final)
    case .linear(let warmup, let final): text("linear", warmup, final)
    }
  }
}
