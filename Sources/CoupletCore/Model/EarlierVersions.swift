import Foundation

/// What version 0.1.0 wrote otherwise into the weight files of its runs; their settings are brought up to date by
/// `Migration` of Runs.
enum EarlierVersions {
  /// Weights by today's names: potentials were `potentialU.…` and `potentialV.…`.
  static func renamed(_ weights: [String: Tensor]) -> [String: Tensor] {
    let prefixes = ["potentialU.": "potential.u.", "potentialV.": "potential.v."]
    return Dictionary(
      weights.map { name, value in
        let old = prefixes.first { name.hasPrefix($0.key) }
        return (old.map { $0.value + name.dropFirst($0.key.count) } ?? name, value)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// A score profile in JSON by today's keys: the densities were members of their own.
  static func scoreProfile(_ json: Data) -> Data {
    guard var profile = try? JSONSerialization.jsonObject(with: json) as? [String: Any],
      let u = profile.removeValue(forKey: "logDensitiesOfU"),
      let v = profile.removeValue(forKey: "logDensitiesOfV")
    else { return json }
    profile["logDensities"] = ["u": u, "v": v]
    return (try? JSONSerialization.data(withJSONObject: profile)) ?? json
  }
}
