import CoupletCore
import Figures
import Files
import Foundation

extension Experiment {
  /// Figure 11. The images are the three test images of different digits about which the three losses together
  /// are least certain: with the largest entropy of ν(v | u), averaged over the losses.
  static let figure11 = Experiment(
    "figure11", .mnist, "label probabilities of three ambiguous digits under three losses"
  ) { workshop in
    let digits = try workshop.digits()
    let models = try DigitColumn.paper.map { column in
      (column: column, model: try workshop.scored(column, digits))
    }
    let probabilities = models.map { $0.model.logProbabilities.exp() }
    let labels = try digits.test.v.array(Int.self)
    let chosen = ambiguous(probabilities, labels: labels, count: 3)
    let images = try chosen.map { row in
      Panel.image(try digits.testImage(row), title: "test image \(row), a \(labels[row])")
    }
    let charts = chosen.enumerated().map { place, row in
      chart(
        models.map(\.column), probabilities.map { $0[row].array(Double.self) },
        isFirst: place == 0)
    }
    let figure = Figure(
      title: "ν(label | image) of the least certain test images",
      rows: [images, charts], columnWidths: [270], rowHeights: [110, 150],
      note:
        "The images of different digits with the largest entropy of the label, averaged over the three losses."
    )
    return try Findings(
      settings: try workshop.settings(of: DigitColumn.paper, digits),
      numbers: chosen.map { row in
        AmbiguousImage(
          image: row, digit: labels[row],
          probabilities: Named(
            zip(models, probabilities).map { model, probabilities in
              (
                model.column.name,
                probabilities[row].array(Double.self).map { $0.rounded(toDigits: 4) }
              )
            }))
      }, figure: figure,
      verdict: verdict(models.map(\.column), probabilities.map { p in chosen.map { p[$0] } }))
  }

  /// The rows of the largest entropies, averaged over the models, no two of the same digit.
  static func ambiguous(_ probabilities: [Tensor], labels: [Int], count: Int) -> [Int] {
    let entropies = probabilities.map { p in
      -(p * p.clamped(min: 1e-300).log()).sum(dim: 1)
    }
    let mean = entropies.dropFirst().reduce(entropies[0], +) / Double(entropies.count)
    var rows: [Int] = []
    for row in mean.sorted(dim: 0, descending: true).indices.array(Int.self)
    where rows.count < count && rows.allSatisfy({ labels[$0] != labels[row] }) {
      rows.append(row)
    }
    return rows
  }

  /// A bar for every label and loss.
  private static func chart(
    _ columns: [DigitColumn], _ probabilities: [[Double]], isFirst: Bool
  ) -> Panel {
    let width = 0.26
    let bars = zip(columns, probabilities).enumerated().map { place, entry in
      Mark.bars(
        x: (0..<Digits.classes).map { Double($0) + (Double(place) - 1) * width },
        heights: entry.1, width: width, label: Text(entry.0.title))
    }
    return Panel(
      x: Axis("label", range: -0.6...9.6, ticks: .at((0..<Digits.classes).map(Double.init))),
      y: Axis(isFirst ? "probability" : nil, range: 0...1), legend: isFirst ? .below : .none,
      bars)
  }

  private static func verdict(_ columns: [DigitColumn], _ rows: [[Tensor]]) -> String {
    let largest = rows.map { rows in
      rows.map { String(format: "%.2f", $0.max().item()) }.joined(separator: ", ")
    }
    return "largest label probabilities "
      + zip(columns, largest).map { "\($0.title): \($1)" }.joined(separator: "; ")
  }
}

/// The numbers of Figure 11 for an image.
private struct AmbiguousImage: Encodable {
  let image, digit: Int
  /// Of the ten labels, by the name of the loss.
  let probabilities: Named<[Double]>
}
