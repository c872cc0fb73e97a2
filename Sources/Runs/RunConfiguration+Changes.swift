import Files
import Foundation

// Settings as texts, by the names of their options.
extension RunConfiguration {
  /// All that has an option.
  private static let all = ofReading + ofGroups + ofData + ofModel + ofLoss + ofOptimisation

  /// The same with some settings changed, as their options would.
  ///
  /// ```swift
  /// try settings.with(["encoder-u": "mlp:256", "learning-rate": "0.003"])
  /// ```
  /// - Throws: `Failure` naming a setting that there is not, or whose text is refused.
  public func with(_ changes: [String: String]) throws -> RunConfiguration {
    var settings = self
    let known = RunConfiguration.all.filter { changes[$0.key] != nil }
    if let unknown = changes.keys.sorted().first(where: { key in !known.contains { $0.key == key } }
    ) {
      throw Failure(
        "there is no setting '\(unknown)'", remedy: "give the names of options of couplet train")
    }
    for setting in known {
      guard let text = changes[setting.key] else { continue }
      try Failure.at(.setting(setting.key)) { try setting.change(text)(&settings) }
    }
    return settings
  }

  /// What `with` is to be given to come from other settings to these, of what has a value and an option.
  func changes(from other: RunConfiguration) -> [String: String] {
    var changes: [String: String] = [:]
    for setting in RunConfiguration.all {
      guard let text = setting.text(self), text != setting.text(other) else { continue }
      changes[setting.key] = text
    }
    return changes
  }
}
