import Files
import Foundation

/// An axis of a panel.
///
/// ```swift
/// Axis("batch size", range: 100...1200, scale: .logarithmic, ticks: .at([128, 256, 512, 1024]))
/// ```
public struct Axis: Sendable, Equatable {
  /// How values are laid out.
  public enum Scale: Sendable, Equatable {
    /// In proportion, or by the logarithms of positive values.
    case linear, logarithmic
  }

  /// Where an axis has ticks, and what they say.
  public enum Ticks: Sendable, Equatable {
    /// Round numbers, chosen to fit.
    case automatic
    /// At these values, labelled by them.
    case at([Double])
    /// At these values with these labels.
    case labelled([Double], [Text])
    /// Round numbers without labels, for an axis that a neighbouring panel labels.
    case unlabelled
    /// Neither ticks nor labels.
    case none
  }

  /// What stands beside the axis.
  public var label: Text?
  /// What the axis covers; nil covers the data.
  public var range: ClosedRange<Double>?
  /// How values are laid out.
  public var scale: Scale
  /// Where ticks stand, and what they say.
  public var ticks: Ticks

  /// An axis that covers the data, linear and with round numbers, unless said otherwise.
  public init(
    _ label: Text? = nil, range: ClosedRange<Double>? = nil, scale: Scale = .linear,
    ticks: Ticks = .automatic
  ) {
    self.label = label
    self.range = range
    self.scale = scale
    self.ticks = ticks
  }

  /// An axis without label and ticks, for images.
  public static let hidden = Axis(ticks: .none)

  /// An axis of categories at 0, 1, 2, ….
  public static func categories(_ names: [Text], label: Text? = nil) -> Axis {
    Axis(
      label, range: -0.6...Double(names.count) - 0.4,
      ticks: .labelled(names.indices.map(Double.init), names))
  }
}

extension Axis {
  /// Whether the axis has a place for `value`: it must be finite, and positive on a logarithm.
  func admits(_ value: Double) -> Bool {
    value.isFinite && (scale == .linear || value > 0)
  }

  /// The range in use for data that span `data`: given, or the data's with a margin of `margin`
  /// of its length on either side. A lower end at zero stays there.
  func resolved(data: ClosedRange<Double>?, margin: Double) -> ClosedRange<Double> {
    if let range {
      require(
        range.lowerBound.isFinite && range.upperBound.isFinite && admits(range.lowerBound),
        "Axis: no range \(range) on a \(scale) axis")
      if range.lowerBound < range.upperBound { return range }
    }
    guard let data = range ?? data else { return scale == .linear ? 0...1 : 1...10 }
    if scale == .logarithmic {
      let factor =
        data.lowerBound == data.upperBound
        ? 2 : pow(data.upperBound / data.lowerBound, margin)
      return data.lowerBound / factor...data.upperBound * factor
    }
    if data.lowerBound == data.upperBound {
      let half = data.lowerBound == 0 ? 1 : abs(data.lowerBound) / 2
      return data.lowerBound - half...data.upperBound + half
    }
    let space = margin * (data.upperBound - data.lowerBound)
    return (data.lowerBound == 0 ? 0 : data.lowerBound - space)...data.upperBound + space
  }

  /// `range` widened so that `inner` keeps `fraction` of its length from both ends.
  func room(
    about inner: ClosedRange<Double>, in range: ClosedRange<Double>, fraction: Double
  ) -> ClosedRange<Double> {
    if scale == .logarithmic {
      let factor = pow(range.upperBound / range.lowerBound, fraction)
      return min(
        range.lowerBound, inner.lowerBound / factor)...max(
          range.upperBound, inner.upperBound * factor)
    }
    let space = fraction * (range.upperBound - range.lowerBound)
    return min(
      range.lowerBound, inner.lowerBound - space)...max(
        range.upperBound, inner.upperBound + space)
  }

  /// The commands that set the axis called `name` ("x" or "y") up over `range`, drawn `length`
  /// points long.
  func script(name: String, range: ClosedRange<Double>, length: Double) -> [String] {
    var lines = ["set \(name)range [\(range.lowerBound):\(range.upperBound)] noextend"]
    lines.append(scale == .logarithmic ? "set logscale \(name) 10" : "unset logscale \(name)")
    // gnuplot puts the label under an axis a line too low, and leaves it out where that line is missing; the
    // label beside an axis it puts too far to the left.
    let offset = name == "x" ? "0,0.6" : "1,0"
    lines.append("set \(name)label \((label ?? "").quoted) offset \(offset)")
    lines.append(ticksScript(name, range: range, length: length))
    let format = scale == .logarithmic ? "10^{%T}" : "%g"
    lines.append("set format \(name) '\(ticks == .unlabelled ? "" : format)'")
    return lines
  }

  private func ticksScript(_ name: String, range: ClosedRange<Double>, length: Double) -> String {
    let place: String
    switch ticks {
    case .none: return "unset \(name)tics"
    case .automatic, .unlabelled:
      let spacing = name == "x" ? 40.0 : 28.0
      place =
        scale == .logarithmic
        ? "autofreq" : "\(Self.step(over: range, length: length, spacing: spacing))"
    case .at(let values):
      place = "(\(values.map { "'\(Self.short($0))' \($0)" }.joined(separator: ", ")))"
    case .labelled(let values, let labels):
      require(
        values.count == labels.count, "Axis: \(labels.count) labels for \(values.count) ticks")
      let list = zip(values, labels).map { "\($1.quotedForTick) \($0)" }
      place = "(\(list.joined(separator: ", ")))"
    }
    return "set \(name)tics out nomirror scale 0.5,0.25 \(place) font ',10.5' "
      + "textcolor \(Color.black.script())"
  }

  /// The distance of ticks, 1, 2 or 5 times a power of ten, that leaves at least `spacing` points
  /// between them on a length of `length` points.
  static func step(
    over range: ClosedRange<Double>, length: Double, spacing: Double
  ) -> Double {
    // In parts, so that no range of finite numbers is too long.
    let least = (range.upperBound * (spacing / length)) - (range.lowerBound * (spacing / length))
    guard least >= .leastNormalMagnitude, least.isFinite else { return .leastNormalMagnitude }
    let exponent = log10(least).rounded(.down)
    // From the decimal notation, since 10 to a negative power has rounding errors.
    let candidates = [1, 2, 5, 10].compactMap { Double("\($0)e\(Int(exponent))") }
    return candidates.first { $0 >= least * (1 - 1e-9) } ?? least
  }

  /// A number without a needless fraction: 128, 0.25.
  static func short(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }
}
