import Torch

/// Samples of one modality, wherever they lie: in memory, in a mapped file, in a folder of images.
///
/// Rows are asked for in any order, so that training never needs more of them in memory than a batch. They come
/// as the data have them: real numbers in the type in which they are stored, so that nothing is rounded before
/// statistics are taken of it.
///
/// ```swift
/// let samples = try SampleFormats.read("features.npy")
/// samples.space                   // 512
/// try samples.rows([7, 3]).shape  // [2, 512]
/// ```
public protocol SampleSource {
  /// The number of samples.
  var count: Int { get }
  /// The set that they lie in.
  var space: SampleSpace { get }
  /// What the user calls them: a file and its member.
  var name: String { get }
  /// The names of the coordinates where they have some, one for each.
  var columns: [String] { get }
  /// The rows with missing values, ascending, where such rows are to be dropped; with them go the partners.
  var missingRows: [Int] { get }
  /// What missing values were filled with, where they were.
  var fill: SampleFill? { get }
  /// The samples at these rows, in this order, as a batch of `space`, on the processor.
  /// - Throws: `Failure` naming the file when it cannot be read.
  func rows(_ rows: [Int]) throws -> Tensor
  /// Rows in succession.
  /// - Throws: `Failure` naming the file when it cannot be read.
  func rows(_ range: Range<Int>) throws -> Tensor
  /// The samples at some rows, in that order; no sample is read.
  func view(_ rows: [Int]) -> any SampleSource
}

extension SampleSource {
  /// None: coordinates have no names.
  public var columns: [String] { [] }
  /// None: every sample is whole.
  public var missingRows: [Int] { [] }
  /// nil: nothing was filled.
  public var fill: SampleFill? { nil }

  /// Rows in succession, asked for one by one.
  /// - Throws: `Failure` naming the file when it cannot be read.
  public func rows(_ range: Range<Int>) throws -> Tensor { try rows(Array(range)) }

  /// All samples in memory.
  /// - Throws: `Failure` naming the file when it cannot be read.
  public func all() throws -> Tensor { try rows(0..<count) }

  /// The samples at some rows, read from these when asked for.
  public func view(_ rows: [Int]) -> any SampleSource { SampleView(self, rows: rows) }

  /// At most about 2²⁶ numbers of the samples, evenly spaced rows of them where there are more: enough for means
  /// and covariances.
  public func sampleForStatistics() throws -> Tensor { try spread(numbers: 1 << 26) }

  /// Calls `body` with consecutive blocks of at most `size` rows.
  /// - Throws: `Failure` naming the file when it cannot be read, and what `body` throws.
  public func forEachBlock(of size: Int, _ body: (Range<Int>, Tensor) throws -> Void) throws {
    for start in stride(from: 0, to: count, by: size) {
      let range = start..<min(start + size, count)
      try body(range, try rows(range))
    }
  }
}

/// Some rows of other samples.
struct SampleView: SampleSource {
  private let base: any SampleSource
  private let places: [Int]

  init(_ base: any SampleSource, rows: [Int]) {
    if let view = base as? SampleView {
      self.base = view.base
      places = rows.map { view.places[$0] }
    } else {
      self.base = base
      places = rows
    }
  }

  var count: Int { places.count }
  var space: SampleSpace { base.space }
  var name: String { base.name }
  var columns: [String] { base.columns }
  var fill: SampleFill? { base.fill }

  func rows(_ rows: [Int]) throws -> Tensor { try base.rows(rows.map { places[$0] }) }
  func rows(_ range: Range<Int>) throws -> Tensor { try base.rows(Array(places[range])) }
}
