import CoupletCore
import Files
import Foundation
import Training

/// By what a run knows its data again, and their scale: `data.json` in the run's folder.
///
/// Going on with the same data, training and evaluation refuse files whose content has changed; where a file lies is
/// of no matter.
public struct DataRecord: Codable, Equatable, Sendable {
  /// A file or folder of the data.
  public struct File: Codable, Equatable, Sendable {
    /// Where it was.
    public let path: String
    /// Of all of it up to 1 GB, else of its blocks.
    public let checksum: FileChecksum
    /// Of all of it, where `--verify` asked for that.
    public let whole: FileChecksum?

    init(_ path: String, whole: Bool) throws {
      self.path = path
      checksum = try FileChecksum.of(path)
      self.whole = whole ? try FileChecksum.of(path, whole: true) : nil
    }
  }

  /// The number of pairs, those for tests left out where the data bring some.
  public let pairs: Int
  /// In the order of the sides.
  public let files: [File]
  /// Which says what groups the pairs form, where a file does.
  public let groups: File?
  /// The range of the training samples of each modality, by its name; none of labels and texts.
  public let ranges: [String: SampleRange]

  /// - Parameters:
  ///   - reading: how the data were read.
  ///   - whole: reads all of every file.
  /// - Throws: `Failure` when a file cannot be read.
  public init(of data: Dataset, reading: DataOptions?, whole: Bool = false) throws {
    pairs = data.training.count
    files = try data.files.map { try File($0, whole: whole) }
    groups = try reading?.groups?.file.map { try File($0, whole: whole) }
    ranges = Dictionary(
      uniqueKeysWithValues: try data.training.modalities.compactMap { modality in
        try SampleRange(of: data.training[modality]).map { (modality.name, $0) }
      })
  }

  // MARK: Comparison

  /// Whether data that may lie elsewhere are these, file by file.
  /// - Throws: `Failure` when a file cannot be read.
  func holds(_ data: Dataset) throws -> Bool {
    guard !files.isEmpty, data.files.count == files.count, data.training.count == pairs else {
      return false
    }
    return try zip(files, data.files).allSatisfy { try FileChecksum.of($1) == $0.checksum }
  }

  /// Refuses data of another content.
  /// - Parameter whole: compares all of every file.
  /// - Throws: `Failure` naming the first file that differs.
  public func requireSame(_ data: Dataset, reading: DataOptions?, whole: Bool = false) throws {
    let remedy =
      "restore the file, or train anew; to evaluate on other data name them with --data, or --u and --v"
    if data.files.count != files.count {
      throw Failure(
        "the data were \(files.count) files when the run began, and are \(data.files.count)",
        at: data.files.first.map { .file($0) } ?? .none, remedy: remedy)
    }
    var both = Array(zip(files, data.files))
    if let groups, let path = reading?.groups?.file { both.append((groups, path)) }
    for (file, path) in both {
      try DataRecord.require(file.checksum, FileChecksum.of(path), path, remedy)
      guard whole else { continue }
      guard let known = file.whole else {
        throw Failure(
          "the run kept no checksum of the whole file", at: path,
          remedy: "train with --verify to have one kept, or leave --verify out")
      }
      try DataRecord.require(known, FileChecksum.of(path, whole: true), path, remedy)
    }
    guard data.training.count == pairs else {
      throw Failure(
        "there were \(pairs) pairs when the run began, and are \(data.training.count)",
        at: data.files.first.map { .file($0) } ?? .none, remedy: "read the data as then")
    }
  }

  private static func require(
    _ known: FileChecksum, _ found: FileChecksum, _ path: String, _ remedy: String
  ) throws {
    guard known != found else { return }
    let what =
      known.bytes == found.bytes
      ? "" : ": it had \(known.bytes) bytes, and has \(found.bytes)"
    throw Failure(
      "the file has changed since the run began\(what)", at: path, remedy: remedy)
  }
}

extension RunDirectory {
  private var dataFile: String { path + "/data.json" }

  /// Makes the folder a run: writes down by what its data are known again, which of them are kept for tests, and, last,
  /// the settings.
  /// - Parameters:
  ///   - whole: keeps a checksum of all of every file, however large.
  ///   - completing: writes whatever else must be there when the folder is a run.
  /// - Throws: `Failure` when a file cannot be read or written.
  public func begin(
    _ settings: RunConfiguration, _ data: Dataset,
    _ parts: PairParts, whole: Bool = false, completing: () throws -> Void = {}
  ) throws {
    try write(DataRecord(of: data, reading: settings.reading, whole: whole), to: dataFile)
    if data.test == nil || parts.validation != nil {
      try writeSplit(parts, brings: data.test != nil)
    }
    try completing()
    try writeConfiguration(settings)
  }

  /// What the run keeps of its data; nil for a run of version 0.1.0, which kept nothing.
  /// - Throws: `Failure` when the file is damaged.
  public func readData() throws -> DataRecord? { try readIfPresent(DataRecord.self, dataFile) }

  // MARK: Split

  private func rowsFile(_ part: String) -> String { path + "/split/\(part).npy" }

  /// Which pairs are in which part, as rows of the files that the user gave: `split/training.npy`, `validation.npy`
  /// and `test.npy`, of the parts that there are.
  /// - Parameter brings: whether the test pairs are others than those of the files.
  private func writeSplit(_ parts: PairParts, brings: Bool) throws {
    try AtomicDirectory.write(to: path + "/split") { folder in
      for (name, part) in [
        ("training", parts.training), ("validation", parts.validation),
        ("test", brings ? nil : parts.test),
      ] {
        guard let part else { continue }
        let rows = part.fileRows ?? Array(0..<part.count)
        try Npy.write(NumericArray(rows, shape: [rows.count]), to: "\(folder)/\(name).npy")
      }
    }
  }

  /// The parts of a run whose data these are.
  /// - Throws: `Failure` when what the run keeps of them is damaged, or names rows that the data do not have.
  public func parts(of data: Dataset, _ settings: RunConfiguration) throws -> PairParts {
    let all = data.training
    guard let training = try rows("training", of: all) else {
      guard data.test == nil, settings.heldOut > 0, try readData() == nil else {
        return PairParts(training: all, test: data.test)
      }
      // A run of version 0.1.0, which took neither groups nor labels into account.
      let split = settings.splitOfEarlierVersions(count: all.count)
      return PairParts(training: all.select(split.training), test: all.select(split.heldOut))
    }
    return PairParts(
      training: all.select(training),
      validation: try rows("validation", of: all).map(all.select),
      test: try data.test ?? rows("test", of: all).map(all.select))
  }

  /// A part's rows of the files; nil when they are not written down.
  func rows(_ part: String) throws -> [Int]? {
    let file = rowsFile(part)
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    return try Npy.read(file).integers(name: file)
  }

  /// The places among `pairs` of a part's rows of the files; nil when they are not written down.
  private func rows(_ part: String, of pairs: PairedData) throws -> [Int]? {
    guard let rows = try rows(part) else { return nil }
    let file = rowsFile(part)
    let places = pairs.fileRows.map { known in
      Dictionary(known.enumerated().map { ($1, $0) }) { first, _ in first }
    }
    return try rows.map { row in
      let place = places.map { $0[row] } ?? ((0..<pairs.count).contains(row) ? row : nil)
      guard let place else {
        throw Failure(
          "it names row \(row), which the data do not have", at: file,
          remedy: "restore the file, or train again")
      }
      return place
    }
  }
}
