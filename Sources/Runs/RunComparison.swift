import CoupletCore
import Files
import Foundation
import Training

/// Runs side by side: the settings in which they differ, and what came of each.
///
/// ```swift
/// let comparison = try RunComparison(["runs/a", "runs/b"])
/// comparison.differing               // [("learning-rate", ["0.001", "0.003"])]
/// comparison.runs[0].result?.test    // recall, reciprocal rank and loss on the test pairs
/// comparison.areComparable           // whether all were tested on the same pairs
/// ```
public struct RunComparison {
  /// One of the runs.
  public struct Run {
    /// Its folder.
    public let path: String
    /// What its `config.json` says.
    public let settings: RunConfiguration
    /// What came of it; nil before it has ended.
    public let result: RunResult?
    /// Where it stands after its last epoch; nil before the first is over.
    public let last: EpochMetrics?
    /// Which test pairs it has: equal numbers stand for equal pairs, from 0 in the order of the runs; nil where it kept none.
    public fileprivate(set) var testSet: Int?
    fileprivate let test: TestPairs?
  }

  /// In the order in which they were named.
  public let runs: [Run]
  /// The settings that are not the same in all runs, by name, each with its text in every run; nil where a run does not
  /// have it.
  public let differing: [(name: String, values: [String?])]

  /// Whether all runs were tested, and on the same pairs.
  public var areComparable: Bool { runs.allSatisfy { $0.testSet == 0 } }

  /// - Throws: `Failure` when a folder holds no run, or a file of one is damaged.
  public init(_ paths: [String]) throws {
    var runs = try paths.map { path in
      let directory = try RunDirectory(opening: path)
      let settings = try directory.readSettings()
      return Run(
        path: path, settings: settings, result: try directory.readResult(),
        last: try directory.metrics().last, test: try TestPairs(directory, settings))
    }
    var known: [TestPairs] = []
    for place in runs.indices {
      guard let test = runs[place].test else { continue }
      if !known.contains(test) { known.append(test) }
      runs[place].testSet = known.firstIndex(of: test)
    }
    self.runs = runs
    let settings = try runs.map { try $0.settings.texts() }
    let names = Set(settings.flatMap(\.keys)).sorted()
    differing = names.compactMap { name in
      let values = settings.map { $0[name] }
      return Set(values).count > 1 ? (name, values) : nil
    }
  }
}

/// By what the test pairs of two runs are known to be the same: the content of the data, the rows that were kept, and how
/// they are grouped.
private struct TestPairs: Equatable {
  private let files: [FileChecksum]
  private let groups: FileChecksum?
  private let grouping: GroupsChoice?
  /// Nil where the data bring the test pairs.
  private let rows: Set<Int>?

  /// Nil where a run keeps none, or none that are known.
  init?(_ directory: RunDirectory, _ settings: RunConfiguration) throws {
    guard let data = try directory.readData() else { return nil }
    files = data.files.map(\.checksum)
    groups = data.groups?.checksum
    // A file's content says more than its name.
    grouping = groups == nil ? settings.reading?.groups : nil
    rows = try directory.rows("test").map(Set.init)
    let result = try directory.readResult()
    guard rows != nil || result?.test != nil else { return nil }
  }
}

extension RunConfiguration {
  /// Every setting that has a value, as text by the name of its option: `learning-rate`, `encoder-u`; of files `u`.
  func texts() throws -> [String: String] {
    var texts: [String: String] = [:]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func members(_ value: some Encodable) throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: encoder.encode(value)) as? [String: Any] ?? [:]
    }
    func text(_ value: Any) throws -> String {
      if let text = value as? String { return text }
      let data = try JSONSerialization.data(
        withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
      return String(decoding: data, as: UTF8.self)
    }
    for (key, value) in try members(self) where !["sides", "format", "version"].contains(key) {
      texts[key.inWords] = try text(value)
    }
    for side in sides {
      for (key, value) in try members(side) where !["modality", "labelFrequencies"].contains(key) {
        texts[key == "file" ? side.modality.name : "\(key.inWords)-\(side.modality)"] =
          try text(value)
      }
    }
    return texts
  }
}

extension String {
  /// `learning-rate` for `learningRate`.
  fileprivate var inWords: String {
    reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : "\($1)" }
  }
}
