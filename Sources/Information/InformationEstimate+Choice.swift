import CoupletCore
import Files
import Foundation
import GaussianTheory

extension InformationEstimate {
  /// All that was found, and which of it to believe.
  struct Found {
    let gaussian, ofScores: GaussianInformation?
    let student: StudentInformation?
    let neighbours: NeighbourInformation?
    let fitted: [CrossFittedInformation]
    let relation: RelationTest
    let isContinuous: Bool
    /// n_u + n_v.
    let dimensions: Int

    /// Neighbours are believed up to so many coordinates together, and to so many nats below log N.
    static let (mostCoordinates, room) = (3, 3.0)

    /// The best of the learned scores, by its validation pairs.
    var learned: CrossFittedInformation? { fitted.max { $0.validation < $1.validation } }

    // MARK: All

    var estimates: [Estimate] {
      [
        gaussian.map { Self.estimate(.gaussian, $0) },
        ofScores.map { Self.estimate(.gaussianScores, $0) },
        student.map(Self.estimate),
        neighbours.map(Self.estimate),
      ].compactMap { $0 } + fitted.flatMap { Self.estimates($0) }
    }

    private static func estimate(_ method: Method, _ found: GaussianInformation) -> Estimate {
      Estimate(
        method: method, isBound: false, value: found.value, lower: found.lower, upper: found.upper)
    }

    private static func estimate(_ found: StudentInformation) -> Estimate {
      estimate(
        .student, .init(value: found.value, standardError: found.standardError), isBound: false)
    }

    private static func estimate(_ found: NeighbourInformation) -> Estimate {
      estimate(.neighbours, found.estimate, isBound: found.value > found.ceiling - 1)
    }

    private static func estimate(
      _ method: Method, _ number: CrossFittedInformation.Estimate, isBound: Bool = true
    ) -> Estimate {
      Estimate(
        method: method, isBound: isBound, value: number.value, lower: number.lower,
        upper: number.upper)
    }

    private static func estimates(_ found: CrossFittedInformation) -> [Estimate] {
      let (plugIn, infoNCE, nwj) = methods(found.score)
      return [
        estimate(plugIn, found.plugIn, isBound: false), estimate(infoNCE, found.infoNCE),
      ] + (found.nwj.map { [estimate(nwj, $0)] } ?? [])
    }

    private static func methods(_ score: CrossFittedInformation.Score) -> (
      plugIn: Method, infoNCE: Method, nwj: Method
    ) {
      switch score {
      case .pair: (.pair, .pairBound, .pairNWJ)
      case .separable: (.separable, .separableBound, .separableNWJ)
      case .both: (.both, .bothBound, .bothNWJ)
      }
    }

    // MARK: The one

    /// The estimate that is believed, and why.
    var choice: (estimate: Estimate, reason: String) {
      if let gaussian, gaussian.isCredible, !isExceeded(Self.estimate(.gaussian, gaussian)) {
        return (
          Self.estimate(.gaussian, gaussian),
          "the pairs look Gaussian (p = \(gaussian.gaussianity.p.digits(3))), and for Gaussian pairs this value has no bias"
        )
      }
      guard relation.p <= level else { return none }
      if isContinuous, let ofScores, ofScores.isCredible,
        !isExceeded(Self.estimate(.gaussianScores, ofScores))
      {
        return (
          Self.estimate(.gaussianScores, ofScores),
          "the normal scores of the coordinates look Gaussian (p = \(ofScores.gaussianity.p.digits(3))), and monotone maps "
            + "of coordinates leave the information as it is"
        )
      }
      if let student, student.isCredible, !isExceeded(Self.estimate(student)) {
        return (
          Self.estimate(student),
          "the ranks look like those of Student pairs with \(student.freedom.digits(3)) degrees of freedom "
            + "(p = \((student.fit?.p ?? 0).digits(3))), and for these this value has little bias"
        )
      }
      if let neighbours, dimensions <= Self.mostCoordinates, hasRoom(neighbours) {
        return (
          Self.estimate(neighbours),
          "the pairs are not Gaussian and have few coordinates, where nearest neighbours have little bias"
        )
      }
      guard let learned else { return fallback }
      let bound = Self.estimates(learned)[1]
      let finds =
        switch learned.score {
        case .pair: "a network on both samples finds"
        case .separable: "products of embeddings find"
        case .both: "a network on both samples and products of embeddings find together"
        }
      guard learned.plugIn.value < learned.ceiling - 1 else {
        return (
          bound,
          "the information is near log N of a fold (\(learned.ceiling.digits(3)) nats), so that only a bound can be stated: more "
            + "pairs would raise it"
        )
      }
      return (
        bound,
        "the pairs follow no law that is known here and have \(dimensions) coordinates: what \(finds), learned on other "
          + "pairs than these, is a bound, and what they miss is not known"
      )
    }

    /// Whether neighbours are not at their limit: values near log N rest on the few nearest pairs.
    private func hasRoom(_ found: NeighbourInformation) -> Bool {
      guard let ceiling = fitted.first?.ceiling else { return true }
      return found.value < ceiling - Self.room + 1
    }

    /// Whether a bound is above what a value can be that rests on a law of the pairs.
    private func isExceeded(_ found: Estimate) -> Bool {
      guard let learned else { return false }
      return learned.infoNCE.lower > found.upper
    }

    private var none: (estimate: Estimate, reason: String) {
      let upper = learned?.plugIn.upper ?? neighbours.map { Self.estimate($0).upper } ?? .infinity
      return (
        Estimate(method: .noRelation, isBound: false, value: 0, lower: 0, upper: max(upper, 0)),
        "no relation was found: dealt at random, partners have as much of it in \(relation.p.digits(3)) of the cases"
      )
    }

    /// Whether the tests leave one of these laws to the pairs.
    static func isCredible(_ laws: GaussianInformation?...) -> Bool {
      laws.contains { $0?.isCredible ?? false }
    }

    /// Whether pairs are related, and no closed form nor neighbours are believed.
    var isLearningNeeded: Bool {
      let isFew = neighbours != nil && dimensions <= Self.mostCoordinates
      let isOfAKnownLaw =
        Self.isCredible(gaussian, isContinuous ? ofScores : nil) || student?.isCredible ?? false
      return !isFew && !isOfAKnownLaw && relation.p <= level
    }

    /// Where nothing was learned.
    private var fallback: (estimate: Estimate, reason: String) {
      if let neighbours {
        return (Self.estimate(neighbours), "the pairs are not Gaussian, and no score was learned")
      }
      if let gaussian {
        return (
          Self.estimate(.gaussian, gaussian),
          "no score was learned; the pairs are not Gaussian, so that this may be above or below the truth"
        )
      }
      return (
        Estimate(method: .undetermined, isBound: true, value: 0, lower: 0, upper: .infinity),
        "there is a relation (p = \(relation.p.digits(3))), and without learned scores nothing can be said of its size"
      )
    }

    // MARK: Cautions

    func cautions(of estimate: Estimate) -> [String] {
      var lines: [String] = []
      if isLearningNeeded, fitted.isEmpty {
        lines.append(
          "nothing but a learned score is to be believed of these pairs: leave out --quick")
      }
      if let neighbours, neighbours.value > neighbours.ceiling - 1 {
        lines.append(
          "neighbours are saturated: no value of theirs exceeds \(neighbours.ceiling.digits(3)) nats, and the truth may be much more"
        )
      }
      if let learned, learned.plugIn.value >= learned.ceiling - 1 {
        lines.append(
          "learned scores are saturated: their bounds are at most log N = \(learned.ceiling.digits(3)) nats a fold"
        )
      }
      if let learned, estimate.method == Self.methods(learned.score).infoNCE,
        learned.largestShare > 0.25
      {
        lines.append("one pair makes much of the variance: the interval cannot be relied on")
      }
      if let learned, !estimate.isBound, estimate.method != .noRelation,
        learned.infoNCE.lower > max(estimate.upper, 0)
      {
        lines.append(
          "InfoNCE, a bound, is above this interval (\(learned.infoNCE.value.digits(3)) nats): the truth may be higher"
        )
      }
      return lines
    }
  }
}
