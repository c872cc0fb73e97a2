import Files

/// A command that was typed wrongly: the program ends with status 64 instead of 1.
public struct UsageError: Error, CustomStringConvertible {
  /// What is wrong with it.
  public let failure: Failure

  /// The failure as one of usage.
  public init(_ failure: Failure) { self.failure = failure }

  /// - Parameters: as those of `Failure`.
  public init(_ what: String, at place: Place = .none, remedy: String) {
    failure = Failure(what, at: place, remedy: remedy)
  }

  /// The failure as text.
  public var description: String { failure.description }
}

extension Place {
  /// As the user of a command knows it: a setting as the option that sets it.
  var typed: String {
    if case .setting = self { "--\(description)" } else { description }
  }
}

extension Failure {
  /// The remedy with the settings that it names as the options that set them.
  var typedRemedy: String { remedy.replacing(/`([a-z-]+)`/) { "--\($0.1)" } }
}
