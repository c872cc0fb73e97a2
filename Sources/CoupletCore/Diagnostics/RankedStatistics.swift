/// Which numbers of a sample are ranked to check a conditional: the coordinates where they are few, otherwise the
/// leading principal components, along which most of the variance lies.
///
/// ```swift
/// let statistics = RankedStatistics(of: gallery, name: "u")
/// statistics.names             // ["component 1 of u", "component 2 of u", "component 3 of u"]
/// statistics.values(queries)   // Q × 3
/// ```
public struct RankedStatistics {
  /// One for each statistic.
  public let names: [String]
  /// D × k; nil for the coordinates themselves.
  private let directions: Tensor?
  /// D.
  private let width: Int

  /// Up to this many coordinates are taken as they are.
  private static let fewCoordinates = 6
  private static let components = 3
  /// The components are those of so many samples.
  private static let sampleSize = 1000

  /// - Parameter data: n × … samples; labels have one statistic, their number.
  public init(of data: Tensor, name: String) {
    let isLabel = data.isLabels
    let flat = data.reshaped([data.shape[0], -1])
    let width = flat.shape[1]
    let directions =
      width > RankedStatistics.fewCoordinates ? RankedStatistics.leading(flat) : nil
    (self.directions, self.width) = (directions, width)
    if isLabel || width == 1 {
      names = [isLabel ? "label \(name)" : name]
    } else if let directions {
      names = (1...directions.shape[1]).map { "component \($0) of \(name)" }
    } else {
      names = (1...width).map { "coordinate \($0) of \(name)" }
    }
  }

  /// m × … samples ↦ m × k numbers. Texts, whose rows are as long as the longest of a batch, are taken at one length.
  public func values(_ data: Tensor) -> Tensor {
    var flat = data.to(.float64).reshaped([data.shape[0], -1])
    let missing = width - flat.shape[1]
    if missing > 0 {
      let padding = Tensor.zeros([flat.shape[0], missing], dtype: .float64, device: flat.device)
      flat = cat([flat, padding], dim: 1)
    } else if missing < 0 {
      flat = flat.narrow(dim: 1, 0..<width)
    }
    return directions.map { matmul(flat, $0.to(deviceOf: flat)) } ?? flat
  }

  /// The leading right singular vectors of centred samples; the first coordinates where the decomposition
  /// fails, since any fixed statistic will do.
  private static func leading(_ flat: Tensor) -> Tensor {
    withoutGradients {
      let rows = flat[0..<min(flat.shape[0], sampleSize)].to(.float64)
      let count = min(components, rows.shape[0])
      let basis = try? (rows - rows.mean(dim: 0)).svd().vh
      let vectors = basis ?? .eye(flat.shape[1], dtype: .float64, device: flat.device)
      return vectors[0..<count].T
    }
  }
}
