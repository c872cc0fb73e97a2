import Files
import Samples
import Torch

/// The IDX format of MNIST's files, gzipped or not, whatever their names. Images of bytes come as brightnesses in
/// [0, 1].
struct IDXReader: SampleReader {
  var name: String { "IDX (as MNIST has it)" }
  var suffixes: [String] { [] }

  func recognizes(_ file: SampleFile) -> Bool { IDX.begins(file.head) }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    try file.requireNoMember()
    let rows = try StoredRows(try IDX.open(file.path), of: file, options)
    let isImages = rows.space.shape?.count ?? 0 >= 2
    return .numbers(
      try isImages && rows.elementType == .uint8 ? Brightness(bytes: rows) : rows.settled(options))
  }
}

/// Bytes as numbers in [0, 1].
struct Brightness: SampleSource {
  let bytes: any SampleSource

  var count: Int { bytes.count }
  var space: SampleSpace { bytes.space }
  var name: String { bytes.name }

  func rows(_ rows: [Int]) throws -> Tensor { try bytes.rows(rows).to(.float32) / 255 }
  func rows(_ range: Range<Int>) throws -> Tensor { try bytes.rows(range).to(.float32) / 255 }
}
