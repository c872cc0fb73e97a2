import Files
import Foundation
import Synchronization

/// A file format from which samples can be read. One format, one conforming type, one file.
public protocol SampleReader: Sendable {
  /// What people call the format: "NumPy array".
  var name: String { get }
  /// How files of this format end, in lower case, with the dot; used only where content does not tell.
  var suffixes: [String] { get }
  /// Whether a file is of this format by its content (a magic number); false where content does not tell.
  func recognizes(_ file: SampleFile) -> Bool
  /// Reads the samples of a file.
  /// - Throws: `Failure` naming the file, and field, row or offset, of anything missing or damaged.
  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples
}

/// A file that samples are asked of: `FILE[:MEMBER]`, and its first bytes.
public struct SampleFile: Sendable {
  /// The path of the file or folder.
  public let path: String
  /// What of it: columns of a table, a variable, a member of an archive; nil for the whole.
  public let member: String?
  /// At most the first 4,096 bytes, of what a gzipped file holds; empty for a folder.
  public let head: [UInt8]
  /// Whether the file is gzipped.
  public let isCompressed: Bool
  /// Whether the path is a folder.
  public let isFolder: Bool

  /// As the user wrote it.
  public var name: String { member.map { "\(path):\($0)" } ?? path }

  /// The path's end from its last dot on, in lower case, but for `.gz`.
  public var suffix: String {
    var file = path.split(separator: "/").last.map(String.init) ?? path
    if isCompressed, file.lowercased().hasSuffix(".gz") { file.removeLast(3) }
    return file.lastIndex(of: ".").map { file[$0...].lowercased() } ?? ""
  }

  /// Whether the file begins with these bytes.
  public func begins(with magic: [UInt8]) -> Bool { head.starts(with: magic) }

  /// - Parameter text: `FILE[:MEMBER]`; an existing file of the whole name wins.
  /// - Throws: `Failure` when there is no such file, or it is neither a regular file nor a folder.
  public init(_ text: String) throws {
    (path, member) = SampleFile.split(text)
    var status = stat()
    guard stat(path, &status) == 0 else { throw Failure.system("cannot open the file", at: path) }
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    if !isFolder { try FileKind.requireRegular(status, at: path) }
    isCompressed = try !isFolder && Gzip.isCompressed(path)
    let raw = isFolder ? [] : try FileHead.read(path, count: 4096)
    // What cannot be inflated is refused by the format that takes the file.
    head = isCompressed ? (try? Gzip.head(path, count: 4096)) ?? raw : raw
  }

  /// The longest prefix before a colon that exists.
  private static func split(_ text: String) -> (path: String, member: String?) {
    let files = FileManager.default
    guard !files.fileExists(atPath: text) else { return (text, nil) }
    for place in text.indices.reversed() where text[place] == ":" {
      let path = String(text[..<place])
      if files.fileExists(atPath: path) {
        return (path, String(text[text.index(after: place)...]))
      }
    }
    return (text, nil)
  }
}

/// How samples are to be read, where a file leaves a choice.
public struct SampleOptions: Sendable {
  /// What the samples are taken for; found from the data when nil.
  public var space: SpaceChoice?
  /// Whether a table's first row holds names; found from the data when nil.
  public var hasHeader: Bool?
  /// What is done about missing values: refused unless said otherwise.
  public var missing: MissingValues
  /// What missing values are filled with; with the means of the file when nil.
  public var fill: SampleFill?
  /// Images are brought to this height and width; to those of the first image when nil.
  public var imageSize: (height: Int, width: Int)?
  /// Told what was assumed, one line each.
  public var report: @Sendable (String) -> Void

  /// Options that leave everything to the data, and refuse missing values, unless given.
  public init(
    space: SpaceChoice? = nil, hasHeader: Bool? = nil, missing: MissingValues = .refuse,
    fill: SampleFill? = nil,
    imageSize: (height: Int, width: Int)? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.space = space
    self.hasHeader = hasHeader
    self.missing = missing
    self.fill = fill
    self.imageSize = imageSize
    self.report = report
  }

  /// What a user can say that samples are.
  public enum SpaceChoice: String, CaseIterable, Sendable, Codable {
    /// Real numbers, labels, texts or images: a `SampleSpace` of that kind.
    case real, labels, text, image
  }

  /// What is done about missing values.
  public enum MissingValues: String, CaseIterable, Sendable, Codable {
    /// A failure that names row and column.
    case refuse
    /// Pairs with a missing value are left out.
    case drop
    /// The mean of the column's other values.
    case mean
    /// The mean, beside a further column that is 1 where the value was missing and 0 elsewhere.
    case mask
  }
}

/// What a reader found, before it is decided what it is (`SampleFormats.read`).
public enum RawSamples {
  /// Real or whole numbers; the space says their shape. Whole numbers come as int64 (or uint8) tensors.
  case numbers(any SampleSource)
  /// Text cells, and the rows of those that are missing.
  case strings([String], missingRows: [Int] = [], name: String)
  /// Something whose space is beyond doubt: images, labels with their names.
  case settled(any SampleSource)
}

/// The formats that samples are read from: one registry, used by every command and by the library.
///
/// ```swift
/// let u = try SampleFormats.read("table.csv:first..last")
/// SampleFormats.register(MyFormat())   // a format of one's own
/// ```
public enum SampleFormats {
  private static let readers = Mutex<[any SampleReader]>([])

  /// Adds formats; a later one is asked before earlier ones.
  public static func register(_ formats: any SampleReader...) {
    readers.withLock { $0.insert(contentsOf: formats.reversed(), at: 0) }
  }

  /// The formats known, in the order in which they are asked.
  public static var all: [any SampleReader] { readers.withLock { $0 } }

  /// The format of a file: by content, and by suffix only where content does not tell.
  /// - Throws: `Failure` listing the formats when it is none of them.
  public static func reader(of file: SampleFile) throws -> any SampleReader {
    let all = all
    if let match = all.first(where: { $0.recognizes(file) })
      ?? all.first(where: { !file.isFolder && $0.suffixes.contains(file.suffix) })
    {
      return match
    }
    throw Failure(
      "the format is not known, neither by its content nor by its name", at: file.path,
      remedy: "give one of \(all.map(\.name).joined(separator: ", "))")
  }

  /// The samples that `FILE[:MEMBER]` names.
  /// - Throws: `Failure` naming the file, and the place in it, of anything missing or damaged.
  public static func read(_ text: String, _ options: SampleOptions = .init()) throws
    -> any SampleSource
  {
    let file = try SampleFile(text)
    return try reader(of: file).read(file, options).settled(options)
  }
}
