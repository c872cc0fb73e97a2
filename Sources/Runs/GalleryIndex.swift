import CoupletCore
import Files
import Foundation
import SampleReaders

/// A gallery as searches use it: its embeddings, the rows that answers are named by, and weights.
public struct SearchGallery {
  /// The embeddings, wherever they lie.
  public let embedded: EmbeddedGallery
  /// The number of each candidate, as of a `Gallery`.
  public let rows: [Int]
  /// log m, n, up to a constant; nil for candidates that are a sample of the reference themselves.
  public let logWeights: Tensor?

  /// n.
  public var count: Int { rows.count }
}

/// The embeddings of a gallery in a file (safetensors: `vectors`, and `potential`, `rows`, `logWeights` where there are
/// some), by which it is searched again without embedding anything.
///
/// The file names the weights of the run and the content of the gallery that it was made from, and is refused with
/// others. Vectors are read where they lie; a file whose vectors were rounded to float16 or bfloat16 by someone else
/// is searched too, by the rounded ones.
///
/// ```swift
/// let index = GalleryIndex("images.index", of: .u, in: run, content: try GalleryIndex.content(of: "images.npy"))
/// if !index.exists { try index.write(gallery) }
/// let gallery = try index.open()
/// ```
public struct GalleryIndex {
  private let path: String
  private let modality: Modality
  private let run: TrainedRun
  /// By which the gallery is known again.
  private let content: String

  /// - Parameter content: by which the gallery is known again.
  public init(_ path: String, of modality: Modality, in run: TrainedRun, content: String) {
    (self.path, self.modality, self.run, self.content) = (path, modality, run, content)
  }

  /// By what the gallery in a file is known again: the file's size and checksum, and what of it is taken.
  /// - Throws: `Failure` when it cannot be read.
  public static func content(of file: String) throws -> String {
    let file = try SampleFile(file)
    return try FileChecksum.of(file.path).text + (file.member.map { " \($0)" } ?? "")
  }

  /// Whether there is such a file.
  public var exists: Bool { FileManager.default.fileExists(atPath: path) }

  private func texts() throws -> [String: String] {
    [
      "couplet": "gallery 1", "modality": modality.name, "gallery": content,
      "model": try FileChecksum.of(run.path + "/model.safetensors").text,
    ]
  }

  // MARK: Writing

  /// Embeds the candidates and writes the file, atomically, a part at a time.
  /// - Throws: `Failure` when they cannot be read, or the file cannot be written.
  public func write(_ gallery: Gallery) throws {
    let (coupling, modality) = (run.coupling, modality)
    let side = coupling[modality]
    let (count, dimension) = (gallery.count, side.encoder.dimension)
    var slots = [Safetensors.Slot("rows", .int64, shape: [count])]
    if gallery.logWeights != nil { slots.append(.init("logWeights", .float64, shape: [count])) }
    slots.append(.init("vectors", .float32, shape: [count, dimension]))
    if side.potential != nil { slots.append(.init("potential", .float32, shape: [count])) }
    try Safetensors.write(slots, metadata: texts(), to: path) { file in
      try Tensor(gallery.rows).withBytes { try file.write($0) }
      try gallery.logWeights?.to(.float64).withBytes { try file.write($0) }
      var potentials: [Tensor] = []
      try forEachPart(of: gallery) { part in
        try part.vectors.withBytes { try file.write($0) }
        part.potential.map { potentials.append($0) }
      }
      if !potentials.isEmpty { try cat(potentials).withBytes { try file.write($0) } }
    }
  }

  /// Calls `body` with the embeddings of all candidates, a part at a time; processes that share what is computed embed
  /// chunks of their own of each part.
  private func forEachPart(of gallery: Gallery, _ body: (Embedded) throws -> Void) throws {
    let size = 4096 * Communicator.sharing.size
    for start in stride(from: 0, to: gallery.count, by: size) {
      let rows = start..<min(start + size, gallery.count)
      try body(run.coupling.embedTogether(modality, gallery.samples, rows: rows).to(.float32))
    }
  }

  /// The gallery from the file, which is made where there is none: of processes that share what is computed the first
  /// writes it.
  /// - Parameters:
  ///   - candidates: what is embedded where there is no file.
  ///   - report: told how many candidates were.
  /// - Throws: what writing and reading throw.
  public func open(
    making candidates: () throws -> Gallery, _ report: (_ count: Int) -> Void
  ) throws -> SearchGallery {
    let ranks = Communicator.sharing
    let isFirst = ranks.rank == 0
    // One looks for it, so that all agree.
    if !ranks.any(isFirst && exists) {
      let gallery = try candidates()
      if isFirst { try write(gallery) } else { try forEachPart(of: gallery) { _ in } }
      report(gallery.count)
      ranks.barrier()
    }
    return try open()
  }

  // MARK: Reading

  /// The gallery, whose vectors stay in the file.
  /// - Throws: `Failure` when the file is no such index, or was made from another run or gallery.
  public func open() throws -> SearchGallery {
    let (kept, wanted) = (try Safetensors.metadata(of: path), try texts())
    let remedy = "remove the file to have it made anew, or name another"
    guard kept["couplet"] == wanted["couplet"] else {
      throw Failure("this is no gallery's index", at: path, remedy: "name another file")
    }
    let reasons = [
      ("modality", "it was made for \(kept["modality"] ?? "another modality")"),
      ("model", "it was made by another run, or before the run was trained further"),
      ("gallery", "the gallery is not the one that it was made from"),
    ]
    for (key, reason) in reasons where kept[key] != wanted[key] {
      throw Failure(reason, at: path, remedy: remedy)
    }
    // What helps with samples, `--missing` say, does not with a file of ours.
    func sound<Value>(_ read: () throws -> Value) throws -> Value {
      do { return try read() } catch let failure as Failure {
        throw Failure("the index is damaged: \(failure.what)", at: failure.place, remedy: remedy)
      }
    }
    let arrays = try StoredRows.arrays(of: path)
    func array(_ name: String) throws -> StoredRows? {
      try sound { try arrays.first { $0.name == name }?.rows("\(path):\(name)") }
    }
    func column(_ name: String) throws -> Tensor? { try array(name)?.all() }
    guard let vectors = try array("vectors"), let rows = try column("rows")?.array(Int.self),
      rows.count == vectors.count, let dimension = vectors.space.size,
      dimension == run.coupling[modality].encoder.dimension
    else {
      throw Failure("the index is damaged", at: path, remedy: remedy)
    }
    let potential = try column("potential")?.to(.float32)
    return SearchGallery(
      embedded: EmbeddedGallery(
        count: rows.count, dimension: dimension,
        verify: { range in try sound { try vectors.requireFinite(range) } }
      ) { range in
        Embedded(try vectors.viewed(range), potential: potential?[range])
      }, rows: rows, logWeights: try column("logWeights"))
  }
}

extension TrainedRun {
  /// A gallery to be searched without a file: embedded once where there are many queries, and as it is walked over
  /// where there are few.
  /// - Throws: `Failure` when the candidates cannot be read.
  public func embedded(_ gallery: Gallery, of modality: Modality, queries: Int) throws
    -> SearchGallery
  {
    let (coupling, own) = (coupling, EmbeddedGallery.share(of: gallery.count))
    let kept =
      queries > TrainedRun.queriesPerWalk && !own.isEmpty
      ? try coupling.embed(modality, gallery.samples, rows: own) : nil
    let embedded = EmbeddedGallery(
      count: gallery.count, dimension: coupling[modality].encoder.dimension
    ) { range in
      // What is asked for beyond this process's own candidates is few.
      guard let kept, own.clamped(to: range) == range else {
        return try coupling.embed(modality, gallery.samples, rows: range)
      }
      return kept[range.shifted(by: -own.lowerBound)]
    }
    return SearchGallery(embedded: embedded, rows: gallery.rows, logWeights: gallery.logWeights)
  }

  private static let queriesPerWalk = 1024

  /// Calls `body` with the k most probable candidates for each row of `given` and the number of the row, in their
  /// order; the gallery is walked over once for a thousand rows.
  ///
  /// ```swift
  /// try run.search(.u, given: run.samples(.v, at: "queries.npy"), among: gallery, top: 5) { row, answer in
  ///   print(row, gallery.rows[answer.matches[0].index])
  /// }
  /// ```
  /// - Parameter count: how many of the best by the tilting that a pair score corrects are scored again by it, of a coupling
  ///   that has one (`Coupling.corrected`); nil for none.
  /// - Throws: `Failure` when conditions or candidates cannot be read, and what `body` throws.
  public func search(
    _ modality: Modality, given: any SampleSource, among gallery: SearchGallery, top k: Int,
    reranking count: Int? = nil,
    _ body: (_ row: Int, SearchAnswer) throws -> Void
  ) throws {
    let partner = coupling.partner(of: modality)
    try given.forEachBlock(of: TrainedRun.queriesPerWalk) { range, rows in
      let given = coupling.embed(partner, rows)
      let answers =
        try count.map {
          try coupling.search(
            modality, given: given, among: gallery.embedded, top: k, reranking: $0,
            logWeights: gallery.logWeights)
        }
        ?? coupling.search(
          modality, given: given, among: gallery.embedded, top: k, logWeights: gallery.logWeights)
      for (row, answer) in zip(range, answers) { try body(row, answer) }
    }
  }
}
