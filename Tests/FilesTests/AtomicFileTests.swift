import Foundation
import Testing

@testable import Files

struct AtomicFileTests {
  @Test func `a file is created, and replaced with its mode kept`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("a")
    try AtomicFile.write(Data("old".utf8), to: path)
    chmod(path, 0o640)
    try AtomicFile.write(Data("new".utf8), to: path)
    #expect(try contents(path) == Data("new".utf8))
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(try scratch.names == ["a"])
  }

  @Test func `a link that the user typed stays a link`() throws {
    let scratch = try Scratch()
    let (path, none) = (try scratch.file("a", Data("old".utf8)), try scratch.file("none"))
    for (name, target) in [("link", "a"), ("link2", "link"), ("dangling", none)] {
      let link = try scratch.file(name)
      symlink(target, link)
      try AtomicFile.write(Data(name.utf8), to: link, links: .followed)
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    }
    #expect(try contents(path) == Data("link2".utf8))
    #expect(try contents(none) == Data("dangling".utf8))
    let circle = try scratch.file("circle")
    symlink("circle", circle)
    #expect(throws: Failure.self) { try AtomicFile.write(Data(), to: circle, links: .followed) }
    #expect(try scratch.names == ["a", "circle", "dangling", "link", "link2", "none"])
  }

  @Test func `any other link or pipe is replaced, and what it leads to stays`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("a", Data("old".utf8))
    for name in ["link", "dangling", "pipe", "folder"] {
      let link = try scratch.file(name)
      switch name {
      case "pipe": mkfifo(link, 0o600)
      default: symlink(["link": "a", "dangling": "none", "folder": "."][name] ?? "", link)
      }
      try AtomicFile.write(Data("new".utf8), to: link)
      var status = stat()
      #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
      #expect(try contents(link) == Data("new".utf8))
    }
    #expect(try contents(path) == Data("old".utf8))
    #expect(try scratch.names == ["a", "dangling", "folder", "link", "pipe"])
  }

  @Test func `a failure half-way leaves the old file and nothing else`() throws {
    let scratch = try Scratch()
    let path = try scratch.file("a", Data("old".utf8))
    let failure = Failure("no more", remedy: "stop")
    #expect(throws: failure) {
      try AtomicFile.write(to: path) { file in
        try file.write(Data(count: 100_000))
        throw failure
      }
    }
    #expect(try contents(path) == Data("old".utf8))
    #expect(try scratch.names == ["a"])
  }

  @Test func `a place that cannot be written is named`() throws {
    let scratch = try Scratch()
    let data = Data("new".utf8)
    #expect(
      throws: Failure(
        "cannot write: No such file or directory", at: "\(scratch.path)/none/a",
        remedy: "check the path; its folder must exist")
    ) { try AtomicFile.write(data, to: "\(scratch.path)/none/a") }
    #expect(
      throws: Failure(
        "cannot write: this is a directory", at: scratch.path, remedy: "choose another name")
    ) { try AtomicFile.write(data, to: scratch.path) }
    let file = try scratch.file("a", data)
    #expect(
      throws: Failure(
        "cannot write: Not a directory", at: "\(file)/b",
        remedy: "check the path; its folder must exist")
    ) { try AtomicFile.write(data, to: "\(file)/b") }
  }

  @Test(.enabled(if: access("/dev/full", W_OK) == 0))
  func `a full disk is named`() throws {
    #expect(
      throws: Failure(
        "cannot write: No space left on device", at: "/dev/full",
        remedy: "free some space or choose another disk")
    ) { try AtomicFile.write(Data("new".utf8), to: "/dev/full") }
  }

  /// Root may write everywhere, so that the test says nothing there.
  @Test(.enabled(if: geteuid() != 0))
  func `a folder without permission is named`() throws {
    let scratch = try Scratch()
    chmod(scratch.path, 0o500)
    defer { chmod(scratch.path, 0o700) }
    #expect(
      throws: Failure(
        "cannot write: Permission denied", at: "\(scratch.path)/a", remedy: "check the permissions")
    ) { try AtomicFile.write(Data("new".utf8), to: "\(scratch.path)/a") }
  }

  @Test func `only files whose writers are gone are removed`() throws {
    let scratch = try Scratch()
    let names = [
      ".a.npy.\(getpid()).1x2.partial",  // of a living process
      ".a.npy.partial", "a.npy",  // not the writer's
    ]
    // Beyond the largest process number of any system.
    for name in names + [".a.npy.99999999.1x2.partial"] { _ = try scratch.file(name, Data()) }
    AtomicFile.removeLeftovers(in: scratch.path)
    #expect(try scratch.names == names.sorted())
  }

  /// Folders are shared between machines and containers, where a number of a process says nothing.
  @Test func `what a living process of another machine writes stays`() throws {
    let scratch = try Scratch()
    let name = ".a.99999999.1x2.partial"
    let descriptor = open(try scratch.file(name, Data()), O_RDWR)
    flock(descriptor, LOCK_EX)
    try AtomicFile.write(Data(), to: try scratch.file("a"))
    #expect(try scratch.names == [name, "a"])
    close(descriptor)
    // The next writing of the file, and of no other, removes it.
    try AtomicFile.write(Data(), to: try scratch.file("b"))
    #expect(try scratch.names == [name, "a", "b"])
    try AtomicFile.write(Data(), to: try scratch.file("a"))
    #expect(try scratch.names == ["a", "b"])
  }
}

struct AtomicDirectoryTests {
  @Test func `a folder is created and replaced whole`() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/checkpoint"
    #expect(try AtomicDirectory.open(path) == nil)
    #expect(AtomicDirectory.current(path) == nil)
    for names in [["a", "b"], ["c"]] {
      try AtomicDirectory.write(to: path) { folder in
        try FileManager.default.createDirectory(
          atPath: "\(folder)/inner", withIntermediateDirectories: false)
        for name in names { try AtomicFile.write(Data(), to: "\(folder)/inner/\(name)") }
      }
      #expect(try AtomicDirectory.open(path) == path)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/inner").sorted() == names)
      #expect(try scratch.names == ["checkpoint"])
    }
  }

  @Test func `a failure half-way leaves the old folder and nothing else`() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/checkpoint"
    try AtomicDirectory.write(to: path) { try AtomicFile.write(Data(), to: "\($0)/old") }
    let failure = Failure("no more", remedy: "stop")
    #expect(throws: failure) {
      try AtomicDirectory.write(to: path) {
        try AtomicFile.write(Data(), to: "\($0)/new")
        throw failure
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["old"])
    #expect(try scratch.names == ["checkpoint"])
    #expect(
      throws: Failure(
        "cannot create the folder: No such file or directory", at: "\(scratch.path)/none/a",
        remedy: "check the path; its folder must exist")
    ) { try AtomicDirectory.write(to: "\(scratch.path)/none/a") { _ in } }
  }

  @Test(arguments: ["", ".partial", ".new", ".old"])
  func `a link in a run never leads out of it`(suffix: String) throws {
    let scratch = try Scratch()
    let (path, outside) = ("\(scratch.path)/run/checkpoint", "\(scratch.path)/outside")
    for folder in ["\(scratch.path)/run", outside] { mkdir(folder, 0o777) }
    try AtomicDirectory.write(to: path) { try AtomicFile.write(Data("1".utf8), to: "\($0)/file") }
    try AtomicFile.write(Data("keep".utf8), to: "\(outside)/file")
    if suffix.isEmpty { try FileManager.default.removeItem(atPath: path) }
    symlink("../outside", path + suffix)
    let read = try AtomicDirectory.open(path).map { try contents("\($0)/file") }
    #expect(read == Data((suffix.isEmpty ? "keep" : "1").utf8))
    try AtomicDirectory.write(to: path) { try AtomicFile.write(Data("2".utf8), to: "\($0)/file") }
    #expect(try contents("\(path)/file") == Data("2".utf8))
    #expect(try contents("\(outside)/file") == Data("keep".utf8))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/run") == ["checkpoint"])
  }

  /// What a kill leaves after each step of the protocol, with and without a folder before: the
  /// suffixes of the folders that exist, what each holds, and what must be found.
  @Test(
    arguments: [
      ([("", "old"), (".partial", "torn")], "old"),
      ([("", "old"), (".new", "new")], "new"),
      ([("", "old"), (".new", "new"), (".old", "torn")], "new"),
      ([(".old", "old"), (".new", "new")], "new"),
      ([("", "new"), (".old", "old")], "new"),
      ([("", "new"), (".old", "torn")], "new"),
      ([(".partial", "torn")], nil),
      ([(".new", "new")], "new"),
    ] as [([(String, String)], String?)])
  func `a kill at any moment leaves the old or the new folder`(
    folders: [(String, String)], expected: String?
  ) throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/checkpoint"
    for (suffix, content) in folders {
      try FileManager.default.createDirectory(
        atPath: path + suffix, withIntermediateDirectories: false)
      try Data(content.utf8).write(to: URL(fileURLWithPath: "\(path)\(suffix)/file"))
    }
    let before = try scratch.names
    let current = try AtomicDirectory.current(path).map { try contents("\($0)/file") }
    #expect(current == expected.map { Data($0.utf8) })
    #expect(try scratch.names == before)

    let opened = try AtomicDirectory.open(path).map { try contents("\($0)/file") }
    #expect(opened == expected.map { Data($0.utf8) })
    #expect(try scratch.names == (expected == nil ? [] : ["checkpoint"]))
  }
}
