import Arguments
import CoupletCore
import Files
import Runs
import Tables

/// `couplet embed`: the embeddings of samples, as a file for other tools.
enum Embed {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let u = Argument.option(
    "u", .text("FILE[:MEMBER]"), "the samples of u to embed, one per row")
  private static let v = Argument.option(
    "v", .text("FILE[:MEMBER]"), "the samples of v to embed, one per row, in place of --u")
  private static let normalize = Argument.flag(
    "normalize", "scale each embedding to length 1, as the cosine does")
  private static let dims = Argument.option(
    "dims", .integer(in: 1...), shown: "all, as they are",
    "write the first so many coordinates in canonical order: those that tell partners from others best"
  )
  private static let out = Argument.required(
    "out", .file,
    "where the embeddings go: a .csv, .parquet or .jsonl with identifiers, or a .npy of the numbers alone"
  ).writing

  static let command = Command(
    "embed", "Writes the embeddings of samples, for a vector database or other tools.",
    discussion: """
      Row i of the file is the embedding of sample i, under its identifier where there is a column for it. Samples are read and embedded in blocks, so that \
      neither they nor their embeddings need to fit in memory. Inner products of the embeddings of u \
      and v, divided by the temperature of the run, are its scores (without potentials); for a cosine \
      run those of embeddings of length 1 are, as --normalize writes them. With --dims the embeddings of \
      both sides are rotated first, by the covariance of partners among the pairs of the training: no \
      score changes, and the first K coordinates are the best of their number. For Gaussian pairs they \
      are what optimal encoders of length K give. --normalize then scales what is left.
      """,
    [
      .init("Run", [run]),
      .init("Data", [u, v] + RunOptions.ofReading),
      .init("Output", [dims, normalize, out, AnswerTable.ids]),
    ],
    examples: [
      .init(
        "couplet embed runs/own --u images.npy --normalize --out image-embeddings.npy",
        "for an index of inner products"),
      .init(
        "couplet embed runs/own --u images.npy --dims 64 --out short.npy",
        "the best 64 coordinates"),
      .init(
        "couplet embed runs/own --v table.csv:x* --ids name --out embeddings.parquet",
        "as a table, whose rows are called as in the column name of table.csv"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let (modality, file) = try side(arguments)
    let table = try AnswerTable.file(arguments[out], "out", arguments, isArray: true)
    let trained = try TrainedRun(
      arguments[run], device: common.device, reading: RunOptions.reading(arguments),
      report: common.report)
    try arguments.requireKept(dataOf: trained)
    let samples = try trained.samples(modality, at: file)
    let names =
      try RowNames(AnswerTable.ids, arguments, of: file, rows: samples.count, isAll: true)
      ?? RowNames(nil)
    let dimension = arguments[dims] ?? trained.coupling.dimension
    let order = try order(trained, dimension, arguments)
    let progress = Progress(.standard(quiet: common.quiet), unit: "samples")
    let schema = TableSchema(
      [names.column("id"), TableColumn(modality.name, .float32, shape: [dimension])],
      array: modality.name, rows: [samples.count])
    try table.write(schema) { write in
      try samples.forEachBlock(of: 1024) { range, rows in
        let embedded = trained.coupling.embed(modality, rows).vectors
        let vectors = order?.coordinates(embedded, first: dimension) ?? embedded
        let written = arguments[normalize] ? Cosine.normalized(vectors) : vectors
        try write([names.cells(range), .numbers(written.to(.float32).numericArray)])
        progress.update(range.upperBound, of: samples.count, note: "")
      }
    }
    progress.end()
    try Console.show(
      Written(out: table.path, samples: samples.count, dimension: dimension), as: common)
  }

  /// What was written.
  private struct Written: CommandResult {
    let out: String
    let samples, dimension: Int

    var text: String { "\(out): \(samples) embeddings of \(dimension) numbers\n" }
  }

  /// The order of coordinates, where they are to be ordered.
  private static func order(
    _ trained: TrainedRun, _ dimension: Int, _ arguments: ParsedArguments
  ) throws -> CanonicalOrder? {
    guard arguments[dims] != nil else { return nil }
    guard trained.coupling.tilting.pair == nil else {
      throw UsageError(
        "a pair score is more than inner products of embeddings, which have no canonical order",
        at: .setting("dims"), remedy: "leave it out")
    }
    guard dimension <= trained.coupling.dimension else {
      throw UsageError(
        "the embeddings have \(trained.coupling.dimension) coordinates", at: .setting("dims"),
        remedy: "give at most so many")
    }
    let data = try trained.testData()
    return try CanonicalOrder(of: trained.coupling, on: data.training ?? data.pairs)
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
}
