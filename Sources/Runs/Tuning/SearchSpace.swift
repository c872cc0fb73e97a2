import CoupletCore
import Encoders
import Files
import Foundation

/// What `couplet tune` tries: draws of settings, of those that are not given.
///
/// | setting | draws |
/// |---|---|
/// | encoder of vectors | `mlp` of 256, 512, 1024, or two layers of 256 or 512 hidden units, dropout 0.2 to 0.6, `:scaled` or `:standardized` |
/// | encoder of images | `cnn` of width 16 or 32, dropout 0 to 0.3 |
/// | encoder of series | `transformer` of depth 1, 2 or 3 |
/// | encoder of texts | `ngrams` of 256, 512 or 1024 hidden units, dropout 0 to 0.3 |
/// | learning rate | 2·10⁻⁴ to 4·10⁻³, log-uniform |
/// | weight decay | none, or of `adamw` 10⁻³ to 3, log-uniform |
/// | dimension | 16, 32, 64, 128, unless an encoder implies it |
/// | tilting | `cosine` in half of the draws, else `inner-product` or `squared-distance` |
/// | temperature | learned, from 0.05, 0.1 or 0.2 with the cosine, else from 1 |
/// | loss | `two-sided` in three of four draws, else `joint` |
struct SearchSpace {
  let base: RunConfiguration
  /// The names of the settings that are given, which stay as they are.
  let given: Set<String>

  /// The settings of a draw, by the names of their options.
  func draw(_ key: Key) throws -> [String: String] {
    var draws = Draws(key: key)
    var changes: [String: String] = [:]
    // Every number is drawn, whatever is given: what is given changes no other draw.
    let encoders = try encoders(&draws)
    for (side, encoder) in zip(base.sides, encoders) {
      changes["encoder-\(side.modality)"] = encoder
    }
    changes["learning-rate"] = draws.logUniform(2e-4, 4e-3)
    let decay = draws.logUniform(1e-3, 3)
    changes["optimizer"] = draws.isBelow(0.25) ? "adam" : "adamw:weight-decay=\(decay)"
    let tilting = draws.one(of: ["cosine", "cosine", "inner-product", "squared-distance"])
    let dimension = draws.one(of: ["16", "32", "64", "128"])
    let temperature = draws.one(of: ["0.05", "0.1", "0.2"])
    let loss = draws.isBelow(0.75) ? "two-sided" : "joint"
    changes["dimension"] = try impliedDimension(encoders).map(String.init) ?? dimension
    changes["tilting"] = tilting
    changes["loss"] = loss
    let isCosine = given.contains("tilting") ? base.tilting.name == "cosine" : tilting == "cosine"
    changes["temperature"] = isCosine ? temperature : "1.0"
    changes["learn-temperature"] = "true"
    if given.contains("tilting"), !base.tilting.value.needsOneDimension {
      // A pair score alone has a scale of its own, and its encoders' dimensions are theirs.
      for name in ["temperature", "learn-temperature", "dimension"] { changes[name] = nil }
    }
    return changes.filter { isFree($0.key) }
  }

  /// Whether a setting is not given, neither itself nor by what decides it.
  private func isFree(_ name: String) -> Bool {
    let deciding = [
      "temperature": ["learn-temperature"], "learn-temperature": ["temperature"],
      "optimizer": ["weight-decay", "momentum"], "loss": ["weights", "normalizer"],
    ]
    return given.isDisjoint(with: [name] + (deciding[name] ?? []))
  }

  private func impliedDimension(_ encoders: [String]) throws -> Int? {
    try zip(base.sides, encoders).compactMap { side, encoder in
      let settings =
        given.contains("encoder-\(side.modality)") ? side.encoder : try EncoderSettings(encoder)
      return settings.impliedDimension(for: side.space)
    }.first
  }

  /// One for each side; of the same size and dropout where both sides are of one kind.
  private func encoders(_ draws: inout Draws) throws -> [String] {
    let hidden = draws.one(of: ["256", "512", "1024", "256,256", "512,512"])
    let dropout = draws.one(of: ["0.2", "0.3", "0.4", "0.5", "0.6"])
    let light = draws.one(of: ["", ":dropout=0.1", ":dropout=0.3"])
    let width = draws.one(of: [16, 32])
    let depth = draws.one(of: [1, 2, 3])
    let prepared = base.sides.map { _ in draws.one(of: ["scaled", "scaled", "standardized"]) }
    return try zip(base.sides, prepared).map { side, prepared in
      let usual = try EncoderChoice.encoder(for: side.space).description
      switch usual.prefix(while: { $0 != ":" }) {
      case "mlp": return "mlp:\(hidden):dropout=\(dropout):\(prepared)"
      case "cnn":
        return "cnn:width=\(width)\(light)" + (usual.hasSuffix(":scaled") ? ":scaled" : "")
      case "transformer": return usual.replacing("depth=2", with: "depth=\(depth)")
      case "ngrams":
        return "ngrams:hidden=\(hidden.prefix { $0 != "," })\(light)"
      default: return usual
      }
    }
  }
}

/// Numbers drawn one after the other.
struct Draws {
  let key: Key
  private var count = 0

  init(key: Key) { self.key = key }

  /// In [0, 1).
  mutating func unit() -> Double {
    defer { count += 1 }
    return Double(key.word(count) >> 11) * 0x1p-53
  }

  mutating func isBelow(_ probability: Double) -> Bool { unit() < probability }

  /// Each with the same probability; of a list that is not empty.
  mutating func one<Value>(of values: [Value]) -> Value {
    values[min(Int(unit() * Double(values.count)), values.count - 1)]
  }

  /// A number whose logarithm is uniform, with two digits.
  mutating func logUniform(_ low: Double, _ high: Double) -> String {
    let value = low * pow(high / low, unit())
    return "\(Double(String(format: "%.1e", value)) ?? value)"
  }
}
