import Figures
import Foundation
import Testing

@testable import CoupletCore
@testable import DiagnosticFigures

@Suite struct DiagnosticFiguresTests {
  static let sample = UniformSample(
    Tensor.uniform([400], key: Key(1), dtype: .float64).array(Double.self))
  /// Squeezed to the middle: a conditional that is too wide.
  static let hump = UniformSample(sample.values.map { 0.5 + 0.6 * ($0 - 0.5) })

  static let information: MutualInformation = {
    let u = Tensor.normal([200, 1], key: Key(2), dtype: .float64)
    let v = u * 0.9 + Tensor.normal([200, 1], key: Key(3), dtype: .float64) * 0.19.squareRoot()
    return MutualInformation(ScoreFactors(x: u, y: v), key: Key(4))
  }()

  static let reliability: Reliability = {
    let p = Tensor.uniform([900], low: 0.5, high: 1, key: Key(5), dtype: .float64)
    let classes = Tensor.uniform([900], key: Key(6), dtype: .float64)
      .greater(than: p * 0.9).to(.int64)
    return Reliability(stack([p, -p + 1], dim: 1).log(), classes: classes.array(Int.self))
  }()

  static let figures: [(name: String, figure: Figure)] = [
    (
      "ranks",
      .rankHistograms([sample, hump, sample, hump], names: ["exact", "too wide", "u_3", "u_4"])
    ),
    ("coverage", .coverage([sample, hump], names: ["u | v", "v | u"])),
    ("reliability", .reliability(reliability)),
    ("information", .mutualInformation(information, truth: -0.5 * log(0.19))),
  ]

  /// A bar is a bin's count, and the band is the binomial law's.
  @Test func histogramShowsCounts() {
    let figure = Figure.rankHistograms(
      [UniformSample([0.1, 0.2, 0.3, 0.9])], names: ["few"], bins: 2)
    let marks = figure.rows[0][0].marks
    #expect(
      marks.contains(.histogram(edges: [0, 0.5, 1], heights: [3, 1], color: .blue, opacity: 0.6)))
    // Of four tosses, the counts 0…4 lie within the band: 1/16 at either end is more than 2.5 %.
    #expect(
      marks.contains(
        .band(
          x: [0, 1], lower: [0, 0], upper: [4, 4], label: "95 % if calibrated",
          color: .gray, opacity: 0.35)))
    #expect(marks.contains(.horizontal(at: 2, color: .black, width: 0.9)))
  }

  @Test func sevenStatisticsTakeThreeRows() {
    let figure = Figure.rankHistograms(
      Array(repeating: Self.sample, count: 7), names: (1...7).map { "u_\($0)" })
    #expect(figure.rows.map(\.count) == [3, 3, 1])
  }

  @Test func informationShowsTheCeiling() {
    let marks = Figure.mutualInformation(Self.information, truth: 0.5).rows[0][0].marks
    #expect(
      marks.contains(
        .horizontal(at: log(200), label: .maths("log N, ceiling of InfoNCE"), color: .vermilion)))
    #expect(marks.contains(.horizontal(at: 0.5, label: "truth", color: .black, dash: .solid)))
    #expect(Figure.mutualInformation(Self.information).rows[0][0].marks.count == marks.count - 1)
  }

  @Test(arguments: figures.map(\.name)) func draws(name: String) throws {
    let figure = try #require(Self.figures.first { $0.name == name }?.figure)
    let svg = try figure.svg()
    #expect(svg.contains("<svg") && svg.contains("</svg>"))
  }
}
