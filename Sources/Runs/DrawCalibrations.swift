import CoupletCore
import Files
import Foundation
import Training

/// What `couplet evaluate --diagnostics --method` found of the draws of a run's chains: `calibration.json` of the run.
///
/// ```swift
/// let kept = try RunDirectory(opening: "runs/field").readCalibrations()
/// try kept?.check(of: .u, .hamiltonian, prior: Prior("fitted"))?.pValue   // 0.3
/// ```
public struct DrawCalibrations: Codable, Equatable, Sendable {
  /// A law of samples without a condition, as it was named.
  public struct Prior: Codable, Equatable, Sendable {
    /// What `--prior` said, `fitted` where it said nothing.
    public let text: String
    /// By which a file is known again; nil for other laws.
    public let content: String?

    /// - Throws: `Failure` when it is a file that cannot be read.
    public init(_ text: String?) throws {
      self.text = text ?? "fitted"
      content =
        FileManager.default.fileExists(atPath: self.text)
        ? try FileChecksum.of(self.text).text : nil
    }

    /// Files are one law when their contents are, wherever they lie.
    public static func == (a: Prior, b: Prior) -> Bool {
      a.content == b.content && (a.content != nil || a.text == b.text)
    }
  }

  /// One check, and of what.
  private struct Entry: Codable, Equatable {
    let prior: Prior
    let check: ChainCalibration

    func isOf(_ modality: Modality, _ method: ChainMethod, _ law: Prior) -> Bool {
      check.modality == modality && check.method == method && prior == law
    }
  }

  private var entries: [Entry] = []

  /// None.
  public init() {}

  /// All checks, in the order in which they were made.
  public var checks: [ChainCalibration] { entries.map(\.check) }

  /// The check of draws of a modality by a method and a prior; nil where none was made.
  public func check(of modality: Modality, _ method: ChainMethod, prior: Prior) -> ChainCalibration?
  {
    entries.first { $0.isOf(modality, method, prior) }?.check
  }

  /// Adds a check, in place of an earlier one of the same.
  public mutating func add(_ check: ChainCalibration, prior: Prior) {
    entries.removeAll { $0.isOf(check.modality, check.method, prior) }
    entries.append(Entry(prior: prior, check: check))
  }
}

/// Calibrations with the weights that they belong to.
private struct OfWeights: Codable {
  let model: String
  let calibrations: DrawCalibrations
}

extension RunDirectory {
  private var calibrationFile: String { path + "/calibration.json" }

  /// Writes `calibration.json`, beside the trained weights that it belongs to.
  /// - Throws: `Failure` when it cannot be written.
  public func write(_ calibrations: DrawCalibrations) throws {
    try write(
      OfWeights(model: FileChecksum.of(modelFile).text, calibrations: calibrations),
      to: calibrationFile)
  }

  /// What was found of the draws of the run as it is; nil where nothing was.
  /// - Throws: `Failure` when the file is damaged.
  public func readCalibrations() throws -> DrawCalibrations? {
    guard let kept = try readIfPresent(OfWeights.self, calibrationFile),
      FileManager.default.fileExists(atPath: modelFile),
      kept.model == (try FileChecksum.of(modelFile).text)
    else { return nil }
    return kept.calibrations
  }
}
