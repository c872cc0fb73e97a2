import Files
import Foundation
import Samples
import Training

/// `config.json` as earlier versions wrote it, brought to the layout of this one, with the defaults of its time.
enum Migration {
  /// The same settings in the current layout; what has it already comes back as it is.
  static func current(_ file: Data) throws -> Data {
    guard var settings = try JSONSerialization.jsonObject(with: file) as? [String: Any] else {
      return file
    }
    if settings["format"] == nil, settings["encoderU"] != nil {
      toSides(&settings)
      toTextForms(&settings)
      settings["format"] = 2
    }
    guard settings["format"] as? Int == 2 else { return file }
    // There was no validation: the last epoch was kept.
    settings["validation"] = "0.0"
    settings["keep"] = Keep.last.rawValue
    settings["format"] = 3
    return try JSONSerialization.data(withJSONObject: settings, options: .sortedKeys)
  }

  // MARK: From 0.1.0, which had no format number, to format 2

  /// Doublets in U and V become one entry a side.
  private static func toSides(_ settings: inout [String: Any]) {
    settings["sides"] = ["u", "v"].map { name in
      var side: [String: Any] = ["modality": name]
      side["file"] = settings.removeValue(forKey: name)
      for key in ["encoder", "potential", "reference", "space"] {
        side[key] = settings.removeValue(forKey: key + name.uppercased())
      }
      if let space = side["space"] as? [String: Any], let labels = space["labels"] {
        side["space"] = ["labels": ["set": labels]]
      }
      return side
    }
    // Only v could be labels with frequencies.
    guard let frequencies = settings.removeValue(forKey: "labelFrequencies"),
      var sides = settings["sides"] as? [[String: Any]]
    else { return }
    sides[1]["labelFrequencies"] = frequencies
    settings["sides"] = sides
  }

  /// Options apart become options of what they belong to: `"loss": "joint:all-pairs"`.
  private static func toTextForms(_ settings: inout [String: Any]) {
    var loss = settings["loss"] as? String ?? "two-sided"
    let weights = settings.removeValue(forKey: "weights") as? [Double]
    let normalizer = settings.removeValue(forKey: "normalizer") as? String
    let kernels = ["u", "v"].map {
      settings.removeValue(forKey: "kernel" + $0.uppercased()) as? String
    }
    if loss == "joint", normalizer == "all-pairs" { loss += ":all-pairs" }
    if loss.hasSuffix("two-sided"), let weights {
      loss += ":weights=" + weights.map { "\($0)" }.joined(separator: ",")
    }
    if loss.hasPrefix("mmd-") {
      for (side, kernel) in zip(["u", "v"], kernels) {
        guard let kernel,
          loss.hasPrefix("mmd-two-sided") || loss.hasPrefix("mmd-joint")
            || loss.hasPrefix("mmd-\(side)")
        else { continue }
        loss += ":kernel-\(side)=" + kernel.replacing(":", with: "/")
      }
    }
    settings["loss"] = loss

    let optimizer = settings["optimizer"] as? String ?? "adam"
    let decay = settings.removeValue(forKey: "weightDecay") as? Double ?? 0.01
    let momentum = settings.removeValue(forKey: "momentum") as? Double ?? 0.9
    settings["optimizer"] =
      switch optimizer {
      case "adamw": "adamw:weight-decay=\(decay)"
      case "sgd": "sgd:momentum=\(momentum)"
      default: optimizer
      }
    let warmup = settings.removeValue(forKey: "warmup") as? Double ?? 0
    if warmup > 0, let schedule = settings["schedule"] as? String, schedule != "constant" {
      settings["schedule"] = "\(schedule):warmup=\(warmup)"
    }
  }
}

extension RunDirectory {
  /// The settings of a run, also of one that an earlier version made.
  /// - Throws: `Failure` when the file is damaged, or a value is none that a setting can have.
  public func readSettings() throws -> RunConfiguration {
    do {
      let settings = try readConfiguration(RunConfiguration.self) {
        let file = try Migration.current($0)
        try RunConfiguration.requireKnownKeys(in: file)
        return file
      }
      try settings.validate()
      return settings
    } catch let failure as Failure {
      throw failure.inSettings(of: configurationFile)
    }
  }
}

extension RunConfiguration {
  /// The settings in the text of a `config.json`, also of an earlier version.
  /// - Parameter name: of the file, for failures.
  /// - Throws: `Failure` when the text is not one of a configuration, or a value is none that a setting can have.
  public init(json: Data, name: String = "config.json") throws {
    do {
      let file = try Migration.current(json)
      try RunConfiguration.requireKnownKeys(in: file)
      self = try JSONDecoder().decode(RunConfiguration.self, from: file)
      try validate()
    } catch let failure as Failure {
      throw failure.inSettings(of: name)
    } catch {
      throw Failure(
        "cannot be read as the settings of a run (\(RunDirectory.reason(error)))", at: name,
        remedy: "give the config.json of a run directory")
    }
  }

  /// The keys are the names of the stored properties.
  /// - Throws: `Failure` naming the first key that is none, which decoding would pass over.
  fileprivate static func requireKnownKeys(in file: Data) throws {
    guard let object = try JSONSerialization.jsonObject(with: file) as? [String: Any] else {
      return
    }
    func require(_ keys: some Sequence<String>, of value: Any, _ place: String) throws {
      let known = Mirror(reflecting: value).children.compactMap(\.label)
      guard let unknown = keys.sorted().first(where: { !known.contains($0) }) else { return }
      throw Failure(
        "there is no setting '\(place)\(unknown.quoted)'",
        remedy: "correct the key, or remove it; there are \(known.sorted().joined(separator: ", "))"
      )
    }
    let standard = RunConfiguration(u: .real(shape: []), v: .real(shape: []))
    try require(object.keys, of: standard, "")
    for side in object["sides"] as? [[String: Any]] ?? [] {
      try require(side.keys, of: standard.sides[0], "sides.")
    }
    if let reading = object["reading"] as? [String: Any] {
      try require(reading.keys, of: DataOptions(), "reading.")
    }
  }
}
