import Arguments
import CoupletCore
import Files
import Foundation
import Runs

/// `couplet embed`: the embeddings of samples, as a file for other tools.
enum Embed {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let u = Argument.option(
    "u", .text("FILE[:MEMBER]"), "the samples of u to embed, one per row")
  private static let v = Argument.option(
    "v", .text("FILE[:MEMBER]"), "the samples of v to embed, one per row, in place of --u")
  private static let normalize = Argument.flag(
    "normalize", "scale each embedding to length 1, as the cosine does")
  private static let out = Argument.required(
    "out", .file, "where the embeddings go: a .npy, or a .csv with a header")

  static let command = Command(
    "embed", "Writes the embeddings of samples, for a vector database or other tools.",
    discussion: """
      Row i of the file is the embedding of sample i. Samples are read and embedded in blocks, so that \
      neither they nor their embeddings need to fit in memory. Inner products of the embeddings of u \
      and v, divided by the temperature of the run, are its scores (without potentials); for a cosine \
      run those of embeddings of length 1 are, as --normalize writes them.
      """,
    [
      .init("Run", [run]),
      .init("Data", [u, v] + RunOptions.ofReading),
      .init("Output", [normalize, out]),
    ],
    examples: [
      .init(
        "couplet embed runs/own --u images.npy --normalize --out image-embeddings.npy",
        "for an index of inner products"),
      .init("couplet embed runs/own --v table.csv --out embeddings.csv", "as a table"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let (modality, file) = try side(arguments)
    let path = arguments[out]
    let isTable = path.hasSuffix(".csv")
    guard isTable || path.hasSuffix(".npy") else {
      throw UsageError(
        "the file's name ends neither in .npy nor in .csv", at: .setting("out", value: path),
        remedy: "name a .npy or a .csv")
    }
    let trained = try TrainedRun(
      arguments[run], device: common.device, reading: RunOptions.reading(arguments),
      report: common.report)
    let samples = try trained.samples(modality, at: file)
    let dimension = trained.coupling.dimension
    let progress = Progress(.standard(quiet: common.quiet), unit: "samples")
    let blocks: ((_ block: [Float]) throws -> Void) throws -> Void = { write in
      try samples.forEachBlock(of: 1024) { range, rows in
        let vectors = trained.coupling.embed(modality, rows).vectors
        try write((arguments[normalize] ? Cosine.normalized(vectors) : vectors).array(Float.self))
        progress.update(range.upperBound, of: samples.count, note: "")
      }
      progress.end()
    }
    if isTable {
      try writeTable(modality, dimension, to: path, blocks)
    } else {
      try Npy.write(
        rows: samples.count, columns: dimension, to: path, links: .followed, blocks)
    }
    try Console.show(
      .object([
        .init("out", .string(path)), .init("samples", .integer(samples.count)),
        .init("dimension", .integer(dimension)),
      ]), text: "\(path): \(samples.count) embeddings of \(dimension) numbers\n", as: common)
  }

  private static func side(_ arguments: ParsedArguments) throws -> (Modality, String) {
    switch (arguments[u], arguments[v]) {
    case (let file?, nil): return (.u, file)
    case (nil, let file?): return (.v, file)
    default:
      throw UsageError(
        "one of --u and --v is needed", at: .none,
        remedy: "name the samples to embed with one of them")
    }
  }

  /// A header `u1,u2,…`, and a line per sample, in the fewest digits that read back as the same numbers.
  private static func writeTable(
    _ modality: Modality, _ dimension: Int, to path: String,
    _ blocks: ((_ block: [Float]) throws -> Void) throws -> Void
  ) throws {
    try AtomicFile.write(to: path, links: .followed) { file in
      let names = (1...dimension).map { "\(modality)\($0)" }
      try file.write(Data((names.joined(separator: ",") + "\n").utf8))
      try blocks { block in
        let lines = stride(from: 0, to: block.count, by: dimension).map { row in
          block[row..<row + dimension].map { "\($0)" }.joined(separator: ",") + "\n"
        }
        try file.write(Data(lines.joined().utf8))
      }
    }
  }
}
