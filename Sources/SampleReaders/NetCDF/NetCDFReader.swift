import Files
import Samples
import Torch

/// NetCDF (classic, 64-bit, NetCDF-4) and HDF5 files: `FILE.nc:variable`, `FILE.h5:/group/name`, matrices and columns
/// of AnnData (`FILE.h5ad:/X`), and trajectories of the CF conventions, which need no member.
///
/// Without a member the only variable of data is read. What CF says of missing, packed and valid values is applied, or
/// refused by name (`Conventions`).
public struct NetCDFReader: SampleReader {
  /// A reader; all are alike.
  public init() {}

  /// NetCDF or HDF5.
  public var name: String { "NetCDF or HDF5" }
  /// The usual ones of both, and of AnnData.
  public var suffixes: [String] { [".nc", ".nc4", ".cdf", ".h5", ".hdf5", ".he5", ".h5ad"] }

  /// By the magic numbers of both; HDF5 may have a block of the user's own in front.
  public func recognizes(_ file: SampleFile) -> Bool {
    let hdf: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    return ClassicHeader.begins(file.head)
      || [0, 512, 1024, 2048].contains { file.head.dropFirst($0).starts(with: hdf) }
  }

  /// - Throws: `Failure` naming the file, and variable, attribute or value, of anything missing, unclear or damaged.
  public func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    let request = NetCDFRequest(file.path, members: [file.member], options)
    // One for each member.
    let content = try NetCDFDecoding.read(request, report: options.report).contents[0]
    let decoded = content.decoded
    if let first = decoded.missingRows.first {
      options.report(
        "\(file.name): \(decoded.missingRows.count) samples have missing values, the first is row \(first)"
      )
    }
    let missing = decoded.missingRows
    switch decoded.samples {
    case .numbers:
      guard let rows = content.rows else {
        throw Failure("no numbers were decoded", at: file.name, remedy: "write the file again")
      }
      return missing.isEmpty && decoded.fill == nil
        ? .numbers(rows) : .numbers(IncompleteSamples(rows, missing, fill: decoded.fill))
    case .labels(let labels, let places):
      let samples = LabelSamples(labels, places: places, name: file.name)
      return .settled(missing.isEmpty ? samples : IncompleteSamples(samples, missing))
    case .texts(let texts):
      guard !missing.isEmpty else { return .strings(texts, name: file.name) }
      return .settled(try incomplete(texts, missing, file.name, options))
    }
  }

  /// Texts, taken for what those that are there are.
  private func incomplete(
    _ texts: [String], _ missing: [Int], _ name: String, _ options: SampleOptions
  ) throws -> any SampleSource {
    let gone = Set(missing)
    let present = texts.indices.filter { !gone.contains($0) }
    let found = try RawSamples.strings(present.map { texts[$0] }, name: name).settled(options)
    guard let labels = found as? LabelSamples else {
      return IncompleteSamples(TextSamples(texts, name: name), missing)
    }
    var places = [Int](repeating: 0, count: texts.count)
    for (place, row) in zip(labels.places, present) { places[row] = place }
    return IncompleteSamples(LabelSamples(labels.labels, places: places, name: name), missing)
  }
}

/// Collects decoded rows in memory or in a scratch file.
final class DecodedSink: RowSink {
  private let name: String
  private var collected: (rows: DecodedRows, elementType: ElementType, shape: [Int])?

  init(name: String) { self.name = name }

  func begin(elementType: ElementType, shape: [Int], count: Int) throws {
    let bytes = try Extent.bytes(shape, of: elementType.size, at: name)
    _ = try Extent.bytes([count] + shape, of: elementType.size, at: name)
    collected = (try DecodedRows(rowBytes: bytes, expectedRows: count), elementType, shape)
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws { try collected?.rows.append(bytes) }

  func finish() throws -> StoredRows {
    guard let collected else {
      throw Failure("no numbers were decoded", at: name, remedy: "write the file again")
    }
    return try collected.rows.finish(
      elementType: collected.elementType, shape: collected.shape, name: name)
  }
}
