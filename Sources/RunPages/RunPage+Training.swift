import CoupletCore
import Figures
import Runs
import Training

/// What a page says of the training and of the models that took none.
extension RunPage {
  /// The baselines, where they were measured on the pairs that the page shows.
  var baselines: [Baseline] {
    guard let result, let summary, result.testPairs == summary.pairs,
      let own = result.test?.recall, !own.isEmpty,
      own.allSatisfy({ side, recalls in
        recalls.allSatisfy { summary.evaluation.recall[side]?[$0.key] ?? $0.value == $0.value }
      })
    else { return [] }
    return result.baselines ?? []
  }

  /// How the model compares with each; where it is worse the run's own verdict says so.
  var baselineSentences: [Report.Sentence] {
    guard let result else { return [] }
    return baselines.compactMap { baseline in
      guard let comparison = baseline.comparison(with: result), !comparison.isWorse else {
        return nil
      }
      let values =
        "mean reciprocal rank \(comparison.own.digits(3)) against \(comparison.other.digits(3))"
      return comparison.isBetter
        ? .init("Better than \(baseline.name): \(values).", .good)
        : .init("As good as \(baseline.name), as far as these pairs can tell: \(values).")
    }
  }

  /// Whether the validation pairs ended the training before all epochs were over.
  var stoppedEarly: Bool {
    (metrics.last.map { $0.epoch < configuration.epochs } ?? false) && result?.bestEpoch != nil
  }

  /// Which epoch is the model, and why training ended.
  var courseSentence: Report.Sentence? {
    guard let best = result?.bestEpoch, let last = metrics.last?.epoch else { return nil }
    let end =
      stoppedEarly
      ? "Training stopped after epoch \(last.grouped) of at most \(configuration.epochs.grouped)"
      : "Training took all of \(last.grouped) epochs"
    let byRank = configuration.keep == .bestRank
    switch best {
    case 0:
      return .init(
        "\(end); the model is its start, since no epoch "
          + (byRank ? "ranked validation pairs better." : "had a lower validation loss."))
    case last:
      return .init(
        "\(end); the last "
          + (byRank ? "ranks validation pairs best" : "has the lowest validation loss")
          + " and is the model.")
    default:
      return .init(
        "\(end); the model is epoch \(best.grouped), "
          + (byRank
            ? "which ranks validation pairs best." : "where the validation loss was lowest."))
    }
  }

  /// What was tried before the training.
  var trials: [Report.Section] {
    guard let trials = result?.trials, !trials.isEmpty else { return [] }
    func order(_ trial: Trial) -> (Int, Int, Int, Double) {
      (
        trial.partings ?? 1, trial.failure == nil ? 1 : 0, trial.hasLearned == false ? 0 : 1,
        trial.rank
      )
    }
    let shown = trials.sorted { order($0) > order($1) }.prefix(20)
    let count =
      trials.count > 20 ? "the best 20 of \(trials.count.grouped)" : "\(trials.count) in all"
    return [
      .details(
        "Settings that were tried",
        [
          .table(
            columns: ["encoders", "other settings", "reciprocal rank", "partings"],
            rows: shown.map { trial in
              let others = (trial.settings ?? [:]).sorted { $0.key < $1.key }
                .filter { !$0.key.hasPrefix("encoder-") }
              return [
                .text(trial.encoders.joined(separator: " and ")),
                .text(others.map { "\($0.key) \($0.value)" }.joined(separator: ", ")),
                trial.failure != nil
                  ? "failed"
                  : trial.hasLearned == false
                    ? .text("\(trial.rank.digits(4)), nothing learned") : .number(trial.rank),
                .integer(trial.partings ?? 1),
              ]
            },
            caption:
              "By the mean reciprocal rank of validation pairs, over so many partings of the pairs: \(count)."
          )
        ])
    ]
  }
}
