import CoupletCore
import Figures
import Files
import Foundation

extension Experiment {
  /// Figure 12, with a row that the paper does not have: the label-given-image model after its scores have been
  /// normalised over the labels, which leaves ν(v | u) as it is.
  static let figure12 = Experiment(
    "figure12", .mnist, "sixteen images drawn given the digit 7, under three losses"
  ) { workshop in
    let digits = try workshop.digits()
    let digit = 7
    var models = try DigitColumn.paper.map { column in
      (title: column.title, name: column.name, model: try workshop.scored(column, digits))
    }
    let classifier = models[1]
    models.append(
      (
        title: "\(classifier.title), normalised", name: "\(classifier.name)-normalised",
        model: classifier.model.normalized
      ))
    let laws = models.map { $0.model.images(given: digit) }
    // The same uniform numbers for every model.
    let draws = laws.map { $0.sample(16, key: workshop.key(DigitKey.figure12.rawValue)) }
    let grid = ImageGrid(
      rows: try zip(models, draws).map { model, rows in
        (label: Text(model.title), images: try rows.map(digits.testImage))
      })
    let figure = Figure(
      grid.panel(title: .maths("16 draws from ν(u | v = 7)")), width: 640, height: 162,
      note: "With replacement, from the 10,000 test images.")
    let sizes = laws.map(\.effectiveSampleSize)
    return try Findings(
      settings: try workshop.settings(of: DigitColumn.paper, digits),
      numbers: Named(
        zip(zip(models, laws), draws).map { entry, rows in
          (
            entry.0.name,
            DrawnImages(
              effectiveSampleSize: entry.1.effectiveSampleSize.rounded(toDigits: 5), images: rows,
              distinct: Set(rows).count, sevens: rows.count { entry.0.model.labels[$0] == digit })
          )
        }), figure: figure,
      verdict: "effective sample size of ν(u | v = 7) "
        + zip(models, sizes).map { "\($0.title): \(String(format: "%.1f", $1))" }
        .joined(separator: "; "))
  }
}

/// The numbers of Figure 12 for a loss.
private struct DrawnImages: Encodable {
  let effectiveSampleSize: Double
  let images: [Int]
  let distinct, sevens: Int
}
