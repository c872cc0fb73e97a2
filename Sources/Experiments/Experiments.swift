import Encoders
import Files
import Runs
import Samples

/// All experiments, in the order of the paper, and the study of each group behind them.
public enum Experiments {
  /// Every experiment, once.
  public static let all: [Experiment] = gaussian + mnist + ocean + truth

  /// Makes known what their runs name: kinds of data, and encoders that only they have; a second call changes nothing.
  public static func register() {
    Formats.register()
    DataSource.register(DigitFormat.halves, DigitFormat.seven)
    EncoderRegistry.register(CentredPerceptron.entry)
    EncoderRegistry.register(RefinedDesign.entry)
  }

  static let gaussian = [
    figure1, figure2, figure3, figure4, figure5, figure6, figure7, figure8, figure9, figure10,
  ]

  /// Digits and their images (MATH §5.3), halves of images.
  static let mnist: [Experiment] = [
    .figure11, .figure12, .digitTable, .digitTransfer, .digitHalves,
  ]

  /// The drifters of MATH §5.4.
  static let ocean = [figure13, figure14, figure15, oceanEncoders, oceanSampling, oceanMotion]

  /// Pairs whose answer is known.
  static let truth = [information, informationIntervals, posteriors]

  /// What a name stands for: an experiment, all of a group, or `all`.
  /// - Throws: `Failure` listing the names when there is none such.
  public static func named(_ name: String) throws -> [Experiment] {
    if name == "all" { return all }
    if let group = Experiment.Group(rawValue: name) { return all.filter { $0.group == group } }
    guard let match = (all + posteriorTasks).first(where: { $0.name == name }) else {
      let names =
        name.hasPrefix("posterior-")
        ? posteriorTasks.map(\.name)
        : all.map(\.name) + Experiment.Group.allCases.map(\.rawValue) + ["all"]
      throw Failure(
        "there is no experiment '\(name)'", remedy: "use one of \(names.joined(separator: ", "))")
    }
    return [match]
  }
}
