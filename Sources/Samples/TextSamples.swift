import Files
import Torch

/// Texts in memory.
///
/// ```swift
/// try TextSamples(["a cat", "two dogs"]).rows([1, 0]).shape   // [2, 8]: bytes, padded with 0
/// ```
public struct TextSamples: SampleSource {
  /// One text a sample.
  public let texts: [String]
  /// The rows whose text is missing, ascending, where such rows are to be dropped.
  public let missingRows: [Int]
  /// What the user calls them.
  public let name: String

  /// From one text a sample.
  public init(_ texts: [String], missingRows: [Int] = [], name: String = "texts") {
    self.texts = texts
    self.missingRows = missingRows
    self.name = name
  }

  /// The number of samples.
  public var count: Int { texts.count }
  /// Texts.
  public var space: SampleSpace { .text }

  /// n × length UTF-8 bytes (uint8), as `encoded(_:)` makes them.
  public func rows(_ rows: [Int]) -> Tensor { TextSamples.encoded(rows.map { texts[$0] }) }

  /// Other texts, in that order, none of them missing.
  public func view(_ rows: [Int]) -> any SampleSource {
    TextSamples(rows.map { texts[$0] }, name: name)
  }

  /// n × length UTF-8 bytes, padded with 0 to the longest text, at least one.
  public static func encoded(_ texts: [String]) -> Tensor {
    let width = max(1, texts.map(\.utf8.count).max() ?? 1)
    var bytes = [UInt8](repeating: 0, count: texts.count * width)
    for (row, text) in texts.enumerated() {
      for (place, byte) in text.utf8.enumerated() { bytes[row * width + place] = byte }
    }
    return Tensor(bytes, shape: [texts.count, width])
  }

  /// The texts of a batch.
  public static func decoded(_ batch: Tensor) -> [String] {
    let (bytes, width) = (batch.array(UInt8.self), batch.shape[1])
    return (0..<batch.shape[0]).map { row in
      String(decoding: bytes[(row * width)..<((row + 1) * width)].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
