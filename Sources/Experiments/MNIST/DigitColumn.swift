/// A column of the tables about digits: how one coupling of images and digits is learned.
struct DigitColumn: Sendable {
  /// Its name in files.
  let name: String
  /// Its name in figures.
  let title: String
  /// The loss by its name on the command line.
  let loss: String
  /// The tilting by its name on the command line.
  let tilting: String
  /// Whether ν(v | u) is normalised over the ten labels, equally weighted, in place of the batch.
  let usesAllLabels: Bool
  /// Passes over the training pairs: the paper's 300, fewer for this project's own columns.
  var epochs: Int { DigitColumn.paper.contains { $0.name == name } ? 300 : 60 }

  private init(
    _ name: String, _ title: String, loss: String, tilting: String = "inner-product",
    usesAllLabels: Bool = false
  ) {
    self.name = name
    self.title = title
    self.loss = loss
    self.tilting = tilting
    self.usesAllLabels = usesAllLabels
  }

  static let labelGivenImage = DigitColumn(
    "label-given-image", "label given image", loss: "v-given-u")
  static let twoSided = DigitColumn("two-sided", "two-sided", loss: "two-sided")
  static let imageGivenLabel = DigitColumn(
    "image-given-label", "image given label", loss: "u-given-v")
  static let joint = DigitColumn("joint", "joint", loss: "joint")
  static let squaredDistance = DigitColumn(
    "squared-distance", "two-sided, squared distance", loss: "two-sided",
    tilting: "squared-distance")
  /// LeCun's classifier: softmax cross-entropy over ten labels (Proposition 6.1).
  static let crossEntropy = DigitColumn(
    "label-given-image-all-labels", "label given image, all labels", loss: "v-given-u",
    usesAllLabels: true)

  /// The three losses of Figures 11 and 12.
  static let paper = [twoSided, labelGivenImage, imageGivenLabel]
  static let all = paper + [joint, squaredDistance, crossEntropy]
}
