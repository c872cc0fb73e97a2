/// The values of a command's arguments, each found by its declaration.
public struct ParsedArguments: Sendable {
  private let values: [String: any Sendable]
  /// The names of those that the user gave, without dashes.
  private let given: Set<String>
  /// The files that the command is to write, each under the name of its option.
  public let written: [(option: String, path: String)]

  init(
    values: [String: any Sendable], given: Set<String>, written: [(option: String, path: String)]
  ) {
    (self.values, self.given, self.written) = (values, given, written)
  }

  /// The value of an argument of the command: what the user gave, or its default. Traps for one that the command does
  /// not declare.
  public subscript<Value>(_ argument: Argument<Value>) -> Value {
    guard let value = values[argument.summary.name] as? Value else {
      // A programmer's error: a command asks for what it has not declared.
      fatalError("\(argument.summary.typed) is not declared by this command")
    }
    return value
  }

  /// Whether the user gave the argument, rather than its default holding.
  public func isGiven<Value>(_ argument: Argument<Value>) -> Bool {
    given.contains(argument.summary.name)
  }

  /// The first of these that the user gave; nil where none was.
  public func firstGiven(_ arguments: [any ArgumentDeclaration]) -> ArgumentSummary? {
    arguments.map(\.summary).first { given.contains($0.name) }
  }
}
