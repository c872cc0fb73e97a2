import Files
import Foundation

/// The embeddings of candidates, wherever they lie: in memory, in a mapped file, or still to be computed from samples.
///
/// ```swift
/// EmbeddedGallery(coupling.embed(.u, images))
/// ```
public struct EmbeddedGallery {
  /// n.
  public let count: Int
  /// d.
  public let dimension: Int
  private let read: (Range<Int>) throws -> Embedded
  private let verify: (Range<Int>) throws -> Void

  /// In memory.
  public init(_ embedded: Embedded) {
    self.init(count: embedded.count, dimension: embedded.vectors.shape[1]) { embedded[$0] }
  }

  /// - Parameters:
  ///   - verify: throws where an embedding of these candidates is not of finite numbers; a search calls it where its scores
  ///     show one, so that `read` need not look.
  ///   - read: hands out the embeddings of some candidates in succession; called again for every block of queries.
  public init(
    count: Int, dimension: Int, verify: @escaping (Range<Int>) throws -> Void = { _ in },
    read: @escaping (Range<Int>) throws -> Embedded
  ) {
    (self.count, self.dimension, self.read, self.verify) = (count, dimension, read, verify)
  }

  /// The embeddings of some candidates in succession.
  /// - Throws: what reading them throws.
  public func rows(_ range: Range<Int>) throws -> Embedded { try read(range) }

  fileprivate func requireFinite(_ range: Range<Int>) throws { try verify(range) }

  /// Candidates are searched, and embedded, in multiples of so many.
  static let chunk = 1024

  /// The candidates that this process searches; of processes that share what is computed, each has some in succession.
  package var share: Range<Int> { EmbeddedGallery.share(of: count) }

  /// The same of a gallery of so many.
  package static func share(of count: Int) -> Range<Int> {
    Communicator.sharing.share(of: count, inChunksOf: chunk)
  }
}

/// The most probable candidates for one query, with the probabilities that they have among all candidates, and what the
/// whole conditional ν(· | query) says of itself: as `ConditionalDistribution` has it, which keeps all its weights.
public struct SearchAnswer {
  /// Best first; of candidates that are equally probable the first in the gallery.
  public let matches: [ConditionalDistribution.Match]
  let numbers: AnswerNumbers

  /// 1 / Σ w².
  public var effectiveSampleSize: Double { numbers.effectiveSampleSize }
  /// −Σ w log w, nats.
  public var entropy: Double { numbers.entropy }
  /// log Σ m exp s with Σ m = 1.
  public var logNormalizer: Double { numbers.logNormalizer }

  /// What speaks for and against this answer, as `ConditionalDistribution` has it.
  public func trust(
    of modality: Modality, against profile: ScoreProfile? = nil, support: Double? = nil,
    areAll: Bool = false
  ) -> Trust {
    Trust(numbers, of: modality, against: profile, support: support, areAll: areAll)
  }
}

extension Coupling {
  /// Galleries of up to so many candidates are searched in double precision, which costs little there.
  static let smallGallery = 1 << 16

  /// The k most probable candidates for each query, exactly (Algorithm 1), without the weights of all candidates in
  /// memory.
  ///
  /// Candidates are scored in tiles, in the precision of `given`. Those whose scores are within the rounding of the k-th
  /// best are then ordered by their scores in double precision. Probabilities are relative to the sum over the whole
  /// gallery, whose terms have the precision of the tiles: in float32 a weight is exact to about 1e-6 of itself times the
  /// size of the scores.
  ///
  /// Arithmetic: one product of 2 n m d operations and an exponential a score. Memory: the queries, one part of the
  /// gallery of about 16 MB, and k matches a query.
  ///
  /// Processes that share what is computed search candidates of their own each (`EmbeddedGallery.share`), and merge what
  /// they find: the matches are the same, and sums over the gallery to their rounding.
  ///
  /// - Parameters:
  ///   - given: the embedded queries; a thousand at a time are worth the most.
  ///   - k: all candidates of positive probability where there are fewer.
  ///   - logWeights: reference weights, or a prior density, as logarithms; uniform when nil.
  /// - Throws: what reading the gallery throws.
  ///
  /// ```swift
  /// let gallery = EmbeddedGallery(coupling.embed(.u, images))
  /// let answers = try coupling.search(.u, given: coupling.embed(.v, texts), among: gallery, top: 10)
  /// answers[0].matches[0].index   // the best image for the first text
  /// ```
  public func search(
    _ modality: Modality, given: Embedded, among gallery: EmbeddedGallery, top k: Int,
    logWeights: Tensor? = nil
  ) throws -> [SearchAnswer] {
    try withoutGradients {
      let isSmall = gallery.count <= Coupling.smallGallery
      var search = Search(
        self, modality, given.to(deviceOf: Tensor(0)).to(isSmall ? .float64 : given.vectors.dtype),
        count: gallery.count, k: min(k, gallery.count), logWeights)
      // 16 MB a part; fewer rows for many queries, all of whose scores may tie.
      let most = min((1 << 22) / gallery.dimension, max(4096, (1 << 24) / max(1, given.count)))
      let chunk = EmbeddedGallery.chunk
      let (own, size) = (gallery.share, max(chunk, most / chunk * chunk))
      for start in stride(from: own.lowerBound, to: own.upperBound, by: size) {
        let range = start..<min(start + size, own.upperBound)
        try search.add(gallery, range)
      }
      search.merge(Communicator.sharing)
      return search.answers
    }
  }
}

/// A search while it walks over a gallery.
private struct Search {
  private let coupling: Coupling
  private let modality: Modality
  private let queries, exactQueries: Embedded
  private let count, k: Int
  /// log m, normalised.
  private let reference: Tensor?
  private var found: [Found]

  init(
    _ coupling: Coupling, _ modality: Modality, _ queries: Embedded, count: Int, k: Int,
    _ logWeights: Tensor?
  ) {
    (self.coupling, self.modality, self.queries) = (coupling, modality, queries)
    (self.count, self.k) = (count, k)
    exactQueries = queries.to(.float64)
    reference = logWeights?.to(deviceOf: Tensor(0)).to(.float64).logSoftmax(dim: 0)
    found = Array(repeating: Found(), count: queries.count)
  }

  /// What is known of one query.
  struct Found {
    var best: [(score: Double, index: Int)] = []
    var moments = Moments()

    /// Takes candidates in, and keeps the k best.
    mutating func insert(_ more: [(score: Double, index: Int)], k: Int) {
      best += more
      best.sort { ($1.score, $0.index) < ($0.score, $1.index) }
      best.removeLast(max(0, best.count - k))
    }
  }

  /// Takes a part of the gallery in.
  mutating func add(_ gallery: EmbeddedGallery, _ range: Range<Int>) throws {
    let part = try gallery.rows(range).to(deviceOf: Tensor(0)).to(queries.vectors.dtype)
    let log = reference?[range]
    let finite = log.map { $0.masked($0.equal(to: -.infinity), with: 0).to(part.vectors.dtype) }
    let scores = factors(queries, part).adding(columnBias: log?.to(part.vectors.dtype))
    let floors = found.map { $0.best.count < k ? -.infinity : $0.best[k - 1].score }
    let best = scores.pairScores.best(
      k, floor: Tensor(floors).to(part.vectors.dtype), reference: finite)
    if !best.isFinite { try gallery.requireFinite(range) }
    let moments = best.moments.array(Double.self)
    for query in found.indices {
      found[query].moments.add(Moments(moments[(6 * query)..<(6 * query + 6)]))
    }
    settle(best, of: part, log, from: range.lowerBound)
  }

  /// Decides in double precision which of the candidates of a part are among the best.
  private mutating func settle(
    _ best: PairScores.Best, of part: Embedded, _ log: Tensor?, from start: Int
  ) {
    let (rows, columns) = (best.rows.array(Int.self), best.columns.array(Int.self))
    var first = 0
    while first < rows.count {
      // Whole queries, some ten thousand pairs at a time.
      var end = min(first + 1 << 15, rows.count)
      while end < rows.count, rows[end] == rows[end - 1] { end += 1 }
      let (queries, places) = (Array(rows[first..<end]), Array(columns[first..<end]))
      let scores = exactScores(queries, places, of: part, log)
      var place = 0
      while place < queries.count {
        let query = queries[place]
        var more: [(Double, Int)] = []
        while place < queries.count, queries[place] == query {
          more.append((scores[place], start + places[place]))
          place += 1
        }
        found[query].insert(more, k: k)
      }
      first = end
    }
  }

  private func exactScores(
    _ rows: [Int], _ columns: [Int], of part: Embedded, _ log: Tensor?
  ) -> [Double] {
    let (rows, columns) = (Tensor(rows), Tensor(columns))
    func at(_ places: Tensor, _ embedded: Embedded) -> Embedded {
      Embedded(
        embedded.vectors.indexSelect(places), potential: embedded.potential?.indexSelect(places))
    }
    let pairs = factors(at(rows, exactQueries), at(columns, part).to(.float64))
      .adding(columnBias: log?.indexSelect(columns))
    return pairs.diagonal.array(Double.self)
  }

  /// The scores of queries, in the rows, with candidates.
  private func factors(_ queries: Embedded, _ candidates: Embedded) -> ScoreFactors {
    coupling.factors(of: modality, given: queries, among: candidates)
  }

  /// Takes in what other processes have found among their candidates, in the order of the ranks.
  mutating func merge(_ ranks: Communicator) {
    guard ranks.size > 1 else { return }
    let queries = found.count
    let counts = ranks.gather(Tensor(found.map(\.best.count), shape: [1, queries])).array(Int.self)
    let scores = ranks.gather(Tensor(found.flatMap { $0.best.map(\.score) })).array(Double.self)
    let places = ranks.gather(Tensor(found.flatMap { $0.best.map(\.index) })).array(Int.self)
    let moments = ranks.gather(Tensor(found.flatMap(\.moments.values), shape: [1, 6 * queries]))
      .array(Double.self)
    found = Array(repeating: Found(), count: queries)
    var place = 0
    for (number, count) in counts.enumerated() {
      let range = place..<place + count
      found[number % queries].insert(zip(scores[range], places[range]).map { ($0, $1) }, k: k)
      found[number % queries].moments.add(Moments(moments[(6 * number)..<(6 * number + 6)]))
      place = range.upperBound
    }
  }

  var answers: [SearchAnswer] { found.map(answer) }

  private func answer(_ found: Found) -> SearchAnswer {
    let moments = found.moments
    let logSum = Foundation.log(moments.sum)
    // Relative to the exact score of the best, whose rounding then cancels.
    let top = found.best.first?.score ?? moments.shift
    let uniform = reference == nil ? Foundation.log(Double(count)) : 0
    let entropy = max(0, logSum - moments.moment / moments.sum)
    let bestScore = reference == nil ? top : moments.best
    let logNormalizer = top + logSum - uniform
    let matches = found.best.map {
      ConditionalDistribution.Match(index: $0.index, weight: exp($0.score - top) / moments.sum)
    }
    return SearchAnswer(
      matches: matches,
      numbers: AnswerNumbers(
        candidates: count,
        effectiveSampleSize: moments.sum * moments.sum / moments.squares, entropy: entropy,
        divergenceFromReference: reference == nil
          ? uniform - entropy : -entropy - moments.reference / moments.sum,
        bestLogDensity: bestScore - logNormalizer, logNormalizer: logNormalizer,
        share: matches.first?.weight ?? 0))
  }
}

/// Sums over candidates of e = exp(S − shift).
private struct Moments {
  var shift = -Double.infinity
  var sum = 0.0
  var squares = 0.0
  /// Σ e (S − shift).
  var moment = 0.0
  /// Σ e · log m.
  var reference = 0.0
  /// max S − log m.
  var best = -Double.infinity

  init() {}

  init(_ values: ArraySlice<Double>) {
    let values = Array(values)
    (shift, sum, squares) = (values[0], values[1], values[2])
    (moment, reference, best) = (values[3], values[4], values[5])
  }

  /// As they are read.
  var values: [Double] { [shift, sum, squares, moment, reference, best] }

  mutating func rescale(_ to: Double) {
    if sum > 0 {
      let change = shift - to
      let factor = exp(change)
      moment = factor * (moment + change * sum)
      (sum, squares, reference) = (sum * factor, squares * factor * factor, reference * factor)
    }
    shift = to
  }

  mutating func add(_ other: Moments) {
    var other = other
    let top = max(shift, other.shift)
    rescale(top)
    other.rescale(top)
    sum += other.sum
    squares += other.squares
    moment += other.moment
    reference += other.reference
    best = max(best, other.best)
  }
}
