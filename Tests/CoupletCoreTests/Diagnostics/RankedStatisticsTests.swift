import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct RankedStatisticsTests {
  @Test func fewCoordinatesAreTakenAsTheyAre() {
    let data = normal([8, 2, 3], Key(1))
    let statistics = RankedStatistics(of: data, name: "u")
    #expect(statistics.names.first == "coordinate 1 of u" && statistics.names.count == 6)
    #expect(distance(statistics.values(data), data.reshaped([8, 6])) == 0)
    let labels = RankedStatistics(of: Tensor([0, 2, 1]), name: "v")
    #expect(labels.names == ["label v"])
    #expect(labels.values(Tensor([2, 1])).shape == [2, 1])
  }

  /// The variances along the components are the largest eigenvalues of the covariance.
  @Test func manyCoordinatesGiveTheLeadingComponents() throws {
    let scales = Tensor((1...9).map { Double($0 * $0) }, device: .test)
    let data = normal([600, 9], Key(2)) * scales + 7
    let statistics = RankedStatistics(of: data, name: "u")
    #expect(statistics.names.count == 3)
    let values = statistics.values(data)
    let centered = data - data.mean(dim: 0)
    let spectrum = try (matmul(centered.T, centered) / 599).eigh().values.array(Double.self)
    for (index, eigenvalue) in spectrum.reversed().prefix(3).enumerated() {
      let variance = values.select(dim: 1, index).variance().item()
      // torch divides by n − 1, too; both are exact decompositions.
      #expect(abs(variance / eigenvalue - 1) < 1e-10)
    }
  }

  /// Texts are padded with 0 to the longest of a batch: a batch of longer or shorter ones has the same statistics.
  @Test func textsOfAnyLengthAreTakenAtOne() {
    let texts = normal([20, 9], Key(5))
    let statistics = RankedStatistics(of: texts, name: "v")
    let padded = cat([texts, texts * 0], dim: 1)
    #expect(distance(statistics.values(padded), statistics.values(texts)) == 0)
    let short = texts.narrow(dim: 1, 0..<4)
    let filled = cat([short, texts.narrow(dim: 1, 4..<9) * 0], dim: 1)
    #expect(distance(statistics.values(short), statistics.values(filled)) == 0)
  }

  @Test func twoSamplesHaveTwoComponents() {
    let statistics = RankedStatistics(of: normal([2, 9], Key(3)), name: "u")
    #expect(statistics.names.count == 2)
    #expect(statistics.values(normal([5, 9], Key(4))).shape == [5, 2])
  }
}
