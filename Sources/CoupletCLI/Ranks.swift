import CoupletCore

/// Commands under the ranks of an MPI job: which of them all ranks carry out, and what the first does alone.
enum Ranks {
  /// The commands whose work all ranks share; any other is carried out by rank 0 alone.
  static let commands: Set<String> = ["train", "evaluate", "retrieve", "score"]

  /// Whether this process writes and speaks.
  static let isFirst = (Communicator.launchedRank ?? 0) == 0

  /// Carries out work whose scores, galleries and samples to be embedded the ranks of the job share. Every rank gets the
  /// same results.
  /// - Throws: what `body` throws, and `Failure` when there is such a job and MPI is not there.
  static func share(_ body: () throws -> Void) throws {
    let ranks = try Communicator.start()
    try ranks.sharingDecoded { try Communicator.$sharing.withValue(ranks, operation: body) }
  }

  /// Carries out what one process does alone, on the first rank: the others go on.
  /// - Throws: what `body` throws.
  static func first(_ body: () throws -> Void) throws {
    guard isFirst else { return }
    try Communicator.alone.sharingDecoded {
      try Communicator.$sharing.withValue(.alone, operation: body)
    }
  }
}
