import Files

/// A command that was typed wrongly: the program ends with status 64 instead of 1.
public struct UsageError: Error, CustomStringConvertible {
  public let failure: Failure

  public init(_ what: String, at place: String = "", remedy: String) {
    failure = Failure(what, at: place, remedy: remedy)
  }

  public var description: String { failure.description }
}
