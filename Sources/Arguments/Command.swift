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
    /// What stands over them: "Training".
    public let title: String
    /// The declarations, in the order of the help.
    public let arguments: [any ArgumentDeclaration]

    /// Arguments under a title.
    public init(_ title: String, _ arguments: [any ArgumentDeclaration]) {
      self.title = title
      self.arguments = arguments
    }
  }

  /// Names that an argument may take, each explained, which help shows under a title.
  public struct Listing: Sendable {
    /// What stands over them: "Encoders".
    public let title: String
    /// The names, each with what it means.
    public let entries: [(name: String, meaning: String)]

    /// Names under a title, each with what it means.
    public init(_ title: String, _ entries: [(name: String, meaning: String)]) {
      self.title = title
      self.entries = entries
    }
  }

  /// A command line and what it does.
  public struct Example: Sendable {
    /// The whole line, as typed.
    public let line: String
    /// What it does, in a few words.
    public let meaning: String

    /// A line and what it does.
    public init(_ line: String, _ meaning: String) {
      self.line = line
      self.meaning = meaning
    }
  }

  /// The word that asks for it.
  public let name: String
  /// One sentence.
  public let summary: String
  /// What a newcomer needs to know beyond the options; may be empty.
  public let discussion: String
  /// Names that an argument may take; nil where help lists none.
  public let listing: Listing?
  /// What it accepts.
  public let groups: [Group]
  /// Lines to start from.
  public let examples: [Example]
  /// The commands under it; empty for a command that runs.
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
