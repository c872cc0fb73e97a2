import CoupletCore
import Files
import Foundation
import Training

/// Compares what ranks find together of pairs and galleries with what each of them finds alone: a process for tests to start
/// with mpirun.
///
///     mpirun -n P TrainingProbe shared
///
/// Prints the number of ranks, the worst deviation of a number in double precision, of one from scores in single
/// precision, and how many candidates of searches differ.
enum SharedProbe {
  /// Tanh of a linear map.
  private struct Curved: SampleEncoder {
    let linear: Linear
    var dimension: Int { linear.weight.shape[0] }
    var parameters: Parameters { linear.parameters }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { linear(input).tanh() }
  }

  private static func coupling(_ dtype: DType, _ tilting: any Tilting) throws -> Coupling {
    func curved(_ inputs: Int, _ outputs: Int, _ key: UInt64) -> Curved {
      let encoder = Curved(linear: Linear(inputs, outputs, key: Key(key)))
      encoder.parameters.convert(to: dtype)
      return encoder
    }
    return Coupling(
      [
        Side(.u, encoder: curved(3, 4, 1), potential: curved(3, 1, 3)),
        Side(.v, encoder: curved(3, 4, 2)),
      ], tilting: tilting, temperature: try Temperature(.fixed(0.3)))
  }

  private static func pairs(_ count: Int, groups: Groups? = nil) throws -> PairedData {
    let u = Tensor.normal([count, 3], key: Key(5), dtype: .float64)
    return try PairedData(
      u: u, v: u + .normal([count, 3], key: Key(6), dtype: .float64) * 0.5, groups: groups)
  }

  static func main() throws {
    let ranks = try Communicator.start()
    Runtime.threads = 1
    func both<Value>(_ value: () throws -> Value) throws -> (Value, Value) {
      (try value(), try Communicator.$sharing.withValue(ranks, operation: value))
    }
    var (exact, single, wrong) = (0.0, 0.0, 0)
    // More ranks than pairs, pairs that do not divide, several chunks of samples.
    for (place, count) in [2, 3, 131, 1100].enumerated() {
      let coupling = try coupling(
        .float64, [Cosine(), InnerProduct(), SquaredDistance()][place % 3])
      let losses: [any Loss] = [
        ConditionalLoss(.twoSided), JointLoss(), ConditionalLoss(.weighted(u: 0.5, v: 1)),
      ]
      let grouped = count == 131 ? Groups((0..<count).map { $0 / 3 }) : nil
      for groups in grouped == nil ? [nil] : [nil, grouped] {
        let pairs = try pairs(count, groups: groups)
        let found = try both {
          (
            try coupling.evaluate(on: pairs, loss: losses[place % 3]),
            ScoreReport(try coupling.factors(of: pairs), groups: groups),
            // Of a few pairs: their bounds take eight walks.
            try coupling.diagnose(on: pairs[0..<min(count, 131)], training: nil, key: Key(7))
          )
        }
        exact = max(exact, try deviation(found.0.0, found.1.0))
        exact = max(exact, try deviation(Numbers(found.0.1), Numbers(found.1.1)))
        exact = max(exact, try deviation(found.0.2, found.1.2))
      }
    }
    // One chunk, so that ranks are without candidates; and what is searched in single precision.
    for count in [900, 66_000] {
      let coupling = try coupling(.float32, SquaredDistance())
      let samples = Tensor.normal([count, 3], key: Key(8))
      let gallery = EmbeddedGallery(coupling.embed(.u, samples))
      let given = coupling.embed(.v, .normal([7, 3], key: Key(9)))
      for weights in [nil, Tensor.normal([count], key: Key(10), dtype: .float64)] {
        let found = try both {
          try coupling.search(.u, given: given, among: gallery, top: 9, logWeights: weights)
        }
        for (one, other) in zip(found.0, found.1) {
          wrong += zip(one.matches, other.matches).count { $0.index != $1.index }
          wrong += abs(one.matches.count - other.matches.count)
          let error = zip(answer(one), answer(other)).map { abs($0 - $1) / max(1, abs($0)) }.max()
          if count < 1000 {
            exact = max(exact, error ?? 0)
          } else {
            single = max(single, error ?? 0)
          }
        }
      }
    }
    let worst = ranks.gather(
      Tensor([[exact, single, Double(wrong)]].flatMap { $0 }, shape: [1, 3])
    )
    .max(dim: 0).array(Double.self)
    if ranks.rank == 0 {
      print("\(ranks.size) \(worst.map { "\($0)" }.joined(separator: " "))")
    }
    Communicator.end(status: 0)
  }

  private static func answer(_ answer: SearchAnswer) -> [Double] {
    answer.matches.map(\.weight) + [
      answer.effectiveSampleSize, answer.entropy, answer.logNormalizer,
    ]
  }

  private struct Numbers: Encodable {
    let loss: [String: Double]
    let nwj: Double?
    let sizes: [String: Double]
    let ranks: [String: [Int]]

    init(_ report: ScoreReport) {
      func named<Value>(_ values: [Modality: Value]) -> [String: Value] {
        Dictionary(uniqueKeysWithValues: values.map { ($0.name, $1) })
      }
      (loss, nwj, sizes) = (report.loss, report.nwj, named(report.effectiveSampleSize))
      ranks = named(report.retrieval.mapValues(\.ranks))
    }
  }

  /// The largest difference of the numbers of two values, of large ones relative to them; infinite where they have not as
  /// many.
  private static func deviation(_ a: some Encodable, _ b: some Encodable) throws -> Double {
    func numbers(_ value: some Encodable) throws -> [Double] {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      let text = String(decoding: try encoder.encode(value), as: UTF8.self)
      return text.split { !"0123456789.+-eE".contains($0) }.compactMap { Double($0) }
    }
    let (a, b) = (try numbers(a), try numbers(b))
    guard a.count == b.count, !a.isEmpty else { return .infinity }
    return zip(a, b).map { abs($0 - $1) / max(1, abs($0)) }.max() ?? 0
  }
}
