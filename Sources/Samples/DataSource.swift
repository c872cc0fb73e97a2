import Files
import Foundation
import Synchronization

/// Where data come from: what a command line says after `--data`, or after `--u` and `--v`.
///
/// | text | data |
/// |---|---|
/// | `mnist:DIR`, `gaussian-field:DIR`, `ocean:DIR` | a data set of a registered format |
/// | `DIR` | `u.npy` and `v.npy`, or other files of these names; `u-test.npy` and `v-test.npy` for test pairs |
///
/// ```swift
/// DataSource.files([.u: "images.npy", .v: "captions.csv:text"])
/// ```
public enum DataSource: Hashable, Sendable {
  /// A data set of the format with this name.
  case dataset(format: String, folder: String)
  /// A folder with a file for each modality.
  case folder(String)
  /// `FILE[:MEMBER]` for each modality, in the order of the sides.
  case files([File])

  /// The samples of one modality.
  public struct File: Hashable, Sendable, Codable {
    /// Whose samples the file holds.
    public var modality: Modality
    /// `FILE[:MEMBER]`.
    public var path: String

    /// Samples of a modality in `FILE[:MEMBER]`.
    public init(_ modality: Modality, _ path: String) {
      (self.modality, self.path) = (modality, path)
    }
  }

  private static let formats = Mutex<[any DatasetFormat]>([])

  /// Makes kinds of data sets known, in place of ones of the same names.
  public static func register(_ new: any DatasetFormat...) {
    formats.withLock { formats in
      formats.removeAll { old in new.contains { $0.name == old.name } }
      formats.insert(contentsOf: new, at: 0)
    }
  }

  private static var all: [any DatasetFormat] { formats.withLock { $0 } }

  /// - Throws: `Failure` when the text is not one of the forms above.
  public init(_ text: String) throws {
    let fields = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let formats = DataSource.all.map(\.name)
    if fields.count == 2, !fields[1].isEmpty, formats.contains(String(fields[0])) {
      self = .dataset(format: String(fields[0]), folder: String(fields[1]))
    } else if Folder.exists(text) {
      self = .folder(text)
    } else {
      throw Failure(
        "'\(text)' is neither a kind of data nor a folder",
        remedy: "use \(formats.sorted().map { "\($0):DIR" }.joined(separator: ", ")), or a folder "
          + "with u.npy and v.npy")
    }
  }

  /// - Throws: `Failure` naming the file, and the place in it, of anything missing or damaged.
  /// - Parameter report: told what was assumed, one line each.
  public func read(
    _ options: DataOptions = .init(), report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws -> Dataset {
    switch self {
    case .dataset(let name, let folder):
      guard let format = DataSource.all.first(where: { $0.name == name }) else {
        throw Failure("there is no kind of data '\(name)'", remedy: "register it first")
      }
      return try format.read(folder, options, report: report)
    case .folder(let folder): return try PairFolder.read(folder, options, report)
    case .files(let files):
      return try Dataset(
        name: description,
        training: .reading(
          files.map {
            (
              $0.modality,
              try SampleFormats.read($0.path, options.samples(of: $0.modality, report: report))
            )
          }, files: files.map(\.path), options, report: report),
        files: try files.map { try SampleFile($0.path).path })
    }
  }
}

extension DataSource: CustomStringConvertible {
  /// As a command line has it.
  public var description: String {
    switch self {
    case .dataset(let format, let folder): "\(format):\(folder)"
    case .folder(let folder): folder
    case .files(let files): files.map(\.path).joined(separator: " and ")
    }
  }
}
