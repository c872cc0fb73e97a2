/// A command: what it accepts, how it is explained, and what it does. Either it runs, or it has
/// subcommands.
///
/// ```swift
/// let count = Argument.option("count", .integer(in: 1...), default: 10, "how many lines")
/// let head = Command(
///   "head", "Prints the first lines.", [.init("Options", [count])],
///   examples: ["tool head --count 3": "three lines"]
/// ) { arguments in print(arguments[count]) }
/// ```
public struct Command: Sendable {
  /// Arguments that help shows together under a title.
  public struct Group: Sendable {
    public let title: String
    public let arguments: [any ArgumentDeclaration]

    public init(_ title: String, _ arguments: [any ArgumentDeclaration]) {
      self.title = title
      self.arguments = arguments
    }
  }

  /// Names that an argument may take, each explained, which help shows under a title.
  public struct Listing: Sendable {
    public let title: String
    public let entries: [(name: String, meaning: String)]

    public init(_ title: String, _ entries: [(name: String, meaning: String)]) {
      self.title = title
      self.entries = entries
    }
  }

  /// A command line and what it does.
  public struct Example: Sendable {
    public let line: String
    public let meaning: String

    public init(_ line: String, _ meaning: String) {
      self.line = line
      self.meaning = meaning
    }
  }

  public let name: String
  /// One sentence.
  public let summary: String
  /// What a newcomer needs to know beyond the options; may be empty.
  public let discussion: String
  public let listing: Listing?
  public let groups: [Group]
  public let examples: [Example]
  public let subcommands: [Command]
  let run: (@Sendable (ParsedArguments) throws -> Void)?

  /// A command that runs.
  public init(
    _ name: String, _ summary: String, discussion: String = "", listing: Listing? = nil,
    _ groups: [Group] = [], examples: [Example] = [],
    run: @escaping @Sendable (ParsedArguments) throws -> Void
  ) {
    self.init(
      name: name, summary: summary, discussion: discussion, listing: listing, groups: groups,
      examples: examples, subcommands: [], run: run)
  }

  /// A command that only has subcommands.
  public init(
    _ name: String, _ summary: String, discussion: String = "", examples: [Example] = [],
    subcommands: [Command]
  ) {
    self.init(
      name: name, summary: summary, discussion: discussion, listing: nil, groups: [],
      examples: examples, subcommands: subcommands, run: nil)
  }

  private init(
    name: String, summary: String, discussion: String, listing: Listing?, groups: [Group],
    examples: [Example], subcommands: [Command], run: (@Sendable (ParsedArguments) throws -> Void)?
  ) {
    self.name = name
    self.summary = summary
    self.discussion = discussion
    self.listing = listing
    self.groups = groups
    self.examples = examples
    self.subcommands = subcommands
    self.run = run
  }
}
