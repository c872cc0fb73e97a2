import Files

/// A temperature as text: what a command line and a configuration file say of it.
///
/// | text | temperature |
/// |---|---|
/// | `0.07` | fixed |
/// | `learned:0.07[:bounds=LOW,HIGH]` | learned from 0.07 on, between 0.001 and 100 unless bounds are given |
extension Temperature.Settings: TextForm {
  /// Between which a learned temperature stays where nothing else is said.
  public static let standardBounds = 0.001...100.0

  /// - Throws: `Failure` when the text is neither form, or τ is not positive and finite, or not within its bounds.
  public init(_ text: String) throws {
    let usage = "a number above 0, or learned:NUMBER[:bounds=LOW,HIGH]"
    var fields = TextFields(text, of: "temperature")
    if let value = Double(text) {
      self = .fixed(value)
    } else if fields.name == "learned", let initial = try fields.next("NUMBER", .positive()) {
      let bounds = try fields.value("bounds", .list(of: .positive("LOW"), count: 2))
      if let bounds, bounds[0] > bounds[1] {
        throw Failure(
          "the bounds \(bounds[0]),\(bounds[1]) are not in order",
          remedy: "give the lower one first")
      }
      self = .learned(
        initial: initial, bounds: bounds.map { $0[0]...$0[1] } ?? Self.standardBounds)
      try fields.requireEmpty(usage: usage)
    } else {
      throw Failure("'\(text)' is not a temperature", remedy: "give \(usage)")
    }
    try requireSound()
  }

  /// The text that gives the value back.
  public var description: String {
    switch self {
    case .fixed(let value): "\(value)"
    case .learned(let initial, Self.standardBounds): "learned:\(initial)"
    case .learned(let initial, let bounds):
      "learned:\(initial):bounds=\(bounds.lowerBound),\(bounds.upperBound)"
    }
  }

  /// The value to start from.
  var initial: Double {
    switch self {
    case .fixed(let value), .learned(let value, _): value
    }
  }

  /// - Throws: `Failure` when τ is not positive and finite, or not within its bounds.
  func requireSound() throws {
    guard initial > 0, initial.isFinite else {
      throw Failure(
        "the temperature \(initial) is not a positive number", remedy: "choose one above 0")
    }
    guard case .learned(_, let bounds) = self else { return }
    guard bounds.lowerBound > 0, bounds.upperBound.isFinite, bounds.contains(initial) else {
      throw Failure(
        "the temperature \(initial) is outside \(bounds)",
        remedy: "start within bounds that are above 0")
    }
  }
}
