import Files
import Testing

@Suite struct PrintableTests {
  @Test(arguments: [
    ("u.npy", "u.npy"), ("Æøå 漢字 👩‍🚀", "Æøå 漢字 👩‍🚀"), ("a\u{1B}[31mb", "a\\u{1B}[31mb"),
    ("two\nlines\r\n", "two\\nlines\\u{D}\\n"), ("\u{202E}gnp.exe", "\\u{202E}gnp.exe"),
    ("\u{9B}2J\u{7F}\0", "\\u{9B}2J\\u{7F}\\u{0}"), ("a\u{2028}b", "a\\u{2028}b"), ("", ""),
  ])
  func whatActsOnATerminalIsShown(_ text: String, _ shown: String) {
    #expect(text.printable() == shown)
    #expect(shown.printable() == shown)
  }

  @Test func linesAreKeptWhereATextHasThem() {
    #expect("a\tb\n\u{7}".printable(keepsLines: true) == "a\tb\n\\u{7}")
  }

  @Test func longNamesAreCutInTheMiddle() {
    #expect("abcdefgh".printable(4) == "ab … gh")
    #expect("abcd".printable(4) == "abcd")
    // What is shown counts, not what it stands for.
    #expect("\u{1B}\u{1B}abcdefgh\u{1B}".printable(13) == "\\u{1B} … \\u{1B}")
    #expect("\u{1B}a\u{1B}".printable(13) == "\\u{1B}a\\u{1B}")
    let name = String(repeating: "x", count: 100_000)
    #expect(name.quoted.count == 83)
  }

  @Test func aMessageIsBoundedAndOfOneLine() {
    let long = String(repeating: "\u{1B}\n", count: 100_000)
    let text = Failure(long, at: long, remedy: long).description
    // Three parts of 600 letters, each with " … " in its middle, and what stands between them.
    #expect(text.count < 1820 && !text.contains(where: \.isNewline) && !text.contains("\u{1B}"))
  }
}

@Suite struct MemoryTests {
  @Test func productsDoNotOverflow() {
    #expect(Memory.bytes([1000, 512], of: 4) == 2_048_000)
    #expect(Memory.bytes([]) == 1 && Memory.bytes([.max, 0], of: 8) == 0)
    for shape in [[Int.max, 2], [1 << 40, 1 << 40], [-1], [3, -2], [.min, 1]] {
      #expect(Memory.bytes(shape) == .max)
    }
  }

  @Test func moreThanThereIsIsRefusedBeforeItIsTaken() throws {
    try Memory.require(1, for: "a byte", remedy: "")
    let failure = #expect(throws: Failure.self) {
      try Memory.require(.max, for: "the matrix", at: .setting("batch"), remedy: "give less")
    }
    #expect(
      failure?.description
        == "batch: the matrix would take more than a million GB of memory, and there are "
        + "\(Memory.text(Memory.limit)) — give less")
    #expect(Memory.available <= Memory.limit && Memory.available > 0)
    #expect(throws: Failure.self) {
      try Disk.require(.max, for: "the pairs", at: "/tmp/not/there/yet", remedy: "simulate fewer")
    }
  }
}
