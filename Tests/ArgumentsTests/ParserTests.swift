import Files
import Testing

@testable import Arguments

/// A program that touches every kind of argument and remembers nothing.
enum Sample {
  enum Shape: String, CaseIterable, Sendable { case round, square }

  static let input = Argument.positional("INPUT", .file, "what to read")
  static let out = Argument.required("out", short: "o", .folder, "where to write")
  static let count = Argument.option("count", short: "n", .integer(in: 1...), default: 16, "draws")
  static let rate = Argument.option("rate", .positive(), default: 0.5, "step length")
    .alias("speed", "pace")
  static let shape = Argument.option("shape", .choice(of: Shape.self), default: .round, "outline")
  static let ks = Argument.option("k", .list(of: .integer(in: 1...)), default: [1, 5], "ranks")
  static let given = Argument.option("given", .text("VALUE"), "the condition")
  static let resume = Argument.flag("resume", short: "r", "go on")
  static let quiet = Argument.flag("quiet", "print no progress")

  static let draw = Command(
    "draw", "Draws shapes.", discussion: "A shape is drawn for every condition.",
    listing: .init(
      "Inputs", [("circle", "a round one"), ("polygon", "one with corners")]),
    [.init("Input", [input]), .init("Drawing", [out, count, rate, shape, ks, given, resume])],
    examples: [.init("sample draw FILE --out DIR", "draw sixteen")]
  ) { arguments in
    switch arguments[input] {
    case "missing": throw Failure("no such file", at: "missing", remedy: "name another")
    case "odd": throw UsageError("that is odd", remedy: "be even")
    case "plain":
      throw Failure(
        "that is plain", at: .setting("shape", value: "round"), remedy: "use `shape` square")
    default: break
    }
  }

  static let program = Program(
    Command(
      "sample", "Draws and erases.",
      subcommands: [draw, Command("erase", "Erases shapes.", subcommands: [draw])]),
    version: "1.2.3", common: [quiet])

  static func parse(_ words: [String]) throws -> ParsedArguments {
    guard case .run(_, let arguments) = try program.request(["draw"] + words) else {
      throw Failure("help was shown instead", remedy: "")
    }
    return arguments
  }

  /// Exit status, standard output and standard error of a command line.
  static func run(_ words: String) -> (status: Int32, output: String, error: String) {
    var output = ""
    var errors = ""
    let status = program.run(
      words.split(separator: " ").map(String.init), output: { output += $0 },
      error: { errors += $0 + "\n" })
    return (status, output, errors)
  }
}

@Suite struct ParserTests {
  @Test("an alias is the option, in every way of writing it")
  func aliases() throws {
    for words in [["--rate", "2"], ["--speed", "2"], ["--speed=2"], ["--pace", "2"]] {
      let arguments = try Sample.parse(["FILE", "--out", "DIR"] + words)
      #expect(arguments[Sample.rate] == 2 && arguments.isGiven(Sample.rate))
    }
    #expect(
      Sample.run("draw FILE --out DIR --speed 2 --rate 1").error
        == "sample: error: --rate is given twice — give it once\n")
    #expect(Sample.run("draw FILE --out DIR --pace x").error.contains("--rate"))
  }

  @Test("the last positional argument may take all further words")
  func rest() throws {
    let runs = Argument.positionals("RUN", .folder, atLeast: 2, "a run")
    let flag = Argument.flag("all", "all of them")
    let program = Program(
      Command(
        "sample", "Compares.",
        subcommands: [Command("compare", "Compares.", [.init("Runs", [runs, flag])]) { _ in }]),
      version: "1", common: [])
    func parse(_ words: [String]) throws -> [String]? {
      guard case .run(_, let arguments) = try program.request(["compare"] + words) else {
        return nil
      }
      return arguments[runs]
    }
    #expect(try parse(["a", "--all", "b c", "--", "-d"]) == ["a", "b c", "-d"])
    #expect(throws: UsageError.self) { try parse(["a"]) }
    #expect(throws: UsageError.self) { try parse([]) }
    var (output, errors) = ("", "")
    #expect(program.run(["compare", "a"], output: { output += $0 }, error: { errors += $0 }) == 64)
    #expect(errors == "sample: error: there is 1 of at least 2, RUN — give 2 or more")
    #expect(
      program.run(["compare", "--help"], output: { output += $0 }, error: { errors += $0 }) == 0)
    #expect(output.contains("usage: sample compare RUN… [OPTIONS]"))
  }

  @Test("a file that is written is named by no other argument, in any way of writing its path")
  func writing() throws {
    let runs = Argument.positionals("RUN", .folder, atLeast: 1, "a run")
    let given = Argument.option("given", .text("FILE[:MEMBER]"), "what is read")
    let (out, mean) = (
      Argument.option("out", .file, "the draws").writing,
      Argument.option("mean", .file, "the mean").writing
    )
    let program = Program(
      Command(
        "sample", "Draws.",
        subcommands: [Command("draw", "Draws.", [.init("All", [runs, given, out, mean])]) { _ in }]),
      version: "1", common: [])
    func error(_ line: String) -> String {
      var errors = ""
      _ = program.run(
        ["draw"] + line.split(separator: " ").map(String.init), output: { _ in },
        error: { errors += $0 })
      return errors
    }
    #expect(
      error("a --given u.npy --out u.npy")
        == "sample: error: --given and --out name one file, which would be overwritten, --out u.npy — name another file"
    )
    for line in [
      "a --given ./u.npy --out u.npy", "a --given u.csv:x:y --out b/../u.csv",
      "a b u.npy --out u.npy", "a --out x.npy --mean x.npy",
    ] {
      #expect(error(line).contains("would be overwritten"), "\(line)")
    }
    for line in ["a --given u.npy --out v.npy --mean w.npy", "a --given 0 --out u.npy", "a"] {
      #expect(error(line) == "", "\(line)")
    }
    guard
      case .run(_, let arguments) = try program.request(["draw", "a", "--mean", "m.npy"])
    else { throw Failure("help was shown instead", remedy: "") }
    #expect(arguments.written.map(\.option) == ["mean"])
  }

  @Test("arguments that are not given have their defaults")
  func defaults() throws {
    let arguments = try Sample.parse(["in", "--out", "dir"])
    #expect(arguments[Sample.input] == "in")
    #expect(arguments[Sample.out] == "dir")
    #expect(arguments[Sample.count] == 16)
    #expect(arguments[Sample.rate] == 0.5)
    #expect(arguments[Sample.shape] == .round)
    #expect(arguments[Sample.ks] == [1, 5])
    #expect(arguments[Sample.given] == nil)
    #expect(!arguments[Sample.resume])
    #expect(!arguments.isGiven(Sample.count))
  }

  @Test(
    "the ways to write an option are the same",
    arguments: [
      ["in", "--out", "dir", "--count", "3"], ["--count=3", "in", "--out=dir"],
      ["-n3", "-odir", "in"], ["-n", "3", "-o", "dir", "--", "in"], ["-n=3", "-o=dir", "in"],
    ])
  func spellings(words: [String]) throws {
    let arguments = try Sample.parse(words)
    #expect(arguments[Sample.input] == "in")
    #expect(arguments[Sample.out] == "dir")
    #expect(arguments[Sample.count] == 3)
    #expect(arguments.isGiven(Sample.count))
  }

  @Test("values may begin with a dash, be negative, or hold an equals sign")
  func dashes() throws {
    #expect(try Sample.parse(["in", "-o", "d", "--given", "-1.5"])[Sample.given] == "-1.5")
    #expect(try Sample.parse(["in", "-o", "d", "--given", "-x"])[Sample.given] == "-x")
    #expect(try Sample.parse(["in", "-o", "d", "--given=a=b"])[Sample.given] == "a=b")
    #expect(try Sample.parse(["-o", "d", "--", "--count"])[Sample.input] == "--count")
    #expect(try Sample.parse(["-o", "d", "-3"])[Sample.input] == "-3")
  }

  @Test("lists, choices and flags are read")
  func kinds() throws {
    let arguments = try Sample.parse(
      ["in", "-o", "d", "--k", "1,10,100", "--shape", "square", "-r", "--quiet"])
    #expect(arguments[Sample.ks] == [1, 10, 100])
    #expect(arguments[Sample.shape] == .square)
    #expect(arguments[Sample.resume])
    #expect(arguments[Sample.quiet])
  }

  @Test(
    "wrong usage is one line with a remedy and status 64",
    arguments: [
      ("drw", "unknown command 'drw' — did you mean 'sample draw'?"),
      ("paint", "unknown command 'paint' — see 'sample --help'"),
      (
        "--count 3", "option '--count' comes before a command — name the command first: draw, erase"
      ),
      (
        "draw in --cuont 3",
        "unknown option '--cuont' of 'sample draw' — did you mean '--count'?"
      ),
      ("draw in --resum", "unknown option '--resum' of 'sample draw' — did you mean '--resume'?"),
      ("draw in -x", "unknown option '-x' of 'sample draw' — see 'sample draw --help'"),
      ("draw in --out", "--out needs a value — write --out DIR"),
      ("draw in --out --count 3", "--out needs a value — write --out DIR"),
      ("draw in --resume=yes", "--resume takes no value — write --resume alone"),
      ("draw in -ry", "-r takes no value — write -r alone"),
      (
        "draw in",
        "--out is missing — give --out DIR: where to write; see 'sample draw --help'"
      ),
      (
        "draw --out d",
        "INPUT is missing — give INPUT: what to read; see 'sample draw --help'"
      ),
      ("draw a b --out d", "unexpected argument 'b' — see 'sample draw --help'"),
      ("draw a --out d --out e", "--out is given twice — give it once"),
      (
        "draw a --out d --count 0",
        "'0' is not a whole number of at least 1, --count — give one, for example 10"
      ),
      (
        "draw a --out d --count ten",
        "'ten' is not a whole number of at least 1, --count — give one, for example 10"
      ),
      (
        "draw a --out d --rate nan",
        "'nan' is not a number above 0, --rate — give one, for example 0.001"
      ),
      (
        "draw a --out d --shape sqare",
        "'sqare' is none of round, square, --shape — did you mean 'square'?"
      ),
      (
        "draw a --out d --shape oval",
        "'oval' is none of round, square, --shape — give one of these"
      ),
      (
        "draw a --out d --k 1,,2",
        "'' is not a whole number of at least 1, --k — give one, for example 10"
      ),
      ("draw odd --out d", "that is odd — be even"),
    ])
  func wrongUsage(words: String, message: String) {
    let result = Sample.run(words)
    #expect(result.error == "sample: error: \(message)\n")
    #expect(result.output.isEmpty)
    #expect(result.status == 64)
  }

  @Test("a failure while working is one line and status 1")
  func failure() {
    let result = Sample.run("draw missing --out d")
    #expect(result.status == 1)
    #expect(result.error == "sample: error: no such file, missing — name another\n")
  }

  @Test("a setting is printed as the option that sets it, in its place and in the remedy")
  func settingsAreOptions() {
    let result = Sample.run("draw plain --out x")
    #expect(result.status == 1)
    #expect(
      result.error
        == "sample: error: that is plain, --shape round — use --shape square\n")
  }
}
