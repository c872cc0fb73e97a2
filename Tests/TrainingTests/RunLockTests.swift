import Files
import Foundation
import Scratch
import Testing

@testable import Training

/// One process at a time writes a run.
@Suite struct RunLockTests {
  private let scratch: Scratch
  private var file: String { scratch.path + "/.lock" }

  init() throws { scratch = try Scratch() }

  /// The lock as another process would take it: an open file of its own, which is what `flock` tells apart.
  private func asAnotherProcess(_ body: (_ isFree: Bool) throws -> Void) throws {
    let descriptor = open(file, O_RDWR | O_CREAT, 0o666)
    defer { close(descriptor) }
    try body(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
  }

  @Test func `a run is locked as long as a value holds it`() throws {
    do {
      let run = try RunDirectory(creating: scratch.path)
      let second = try run.locked()
      #expect(run.lockWarning == nil && second.lockWarning == nil)
      try withExtendedLifetime((run, second)) {
        try asAnotherProcess { #expect(!$0) }
        #expect(String(decoding: try contents(file), as: UTF8.self).hasPrefix("\(getpid()) "))
      }
    }
    try asAnotherProcess { #expect($0) }
  }

  @Test func `values of one process share the lock`() throws {
    let first = try RunDirectory(creating: scratch.path)
    do {
      // By another path to the same folder.
      let second = try RunDirectory(creating: scratch.path + "/.")
      withExtendedLifetime(second) {}
    }
    try withExtendedLifetime(first) { try asAnotherProcess { #expect(!$0) } }
  }

  @Test func `who holds the lock is said`() throws {
    for (text, who) in [
      ("41 far.example\n", " (id 41 on far.example)"), ("", ""), ("x y", ""),
      ("41 a\u{1B}[2Jb\n", " (id 41 on a2Jb)"),
    ] {
      try Data(text.utf8).write(to: URL(filePath: file))
      try asAnotherProcess { isFree in
        #expect(isFree)
        #expect(
          scratch.failure { try RunDirectory(creating: scratch.path) }
            == "DIR: another process\(who) is training this run — wait until it ends, or stop it")
      }
    }
    withExtendedLifetime(try RunDirectory(creating: scratch.path)) {}
  }

  @Test func `a lock that is a link or a pipe is replaced`() throws {
    let outside = try scratch.file("outside", Data("keep".utf8))
    for make in [{ symlink(outside, $0) }, { link(outside, $0) }, { mkfifo($0, 0o600) }]
      as [(String) -> Int32]
    {
      unlink(file)
      #expect(make(file) == 0)
      withExtendedLifetime(try RunDirectory(creating: scratch.path)) {}
      #expect(try contents(outside) == Data("keep".utf8))
      #expect(String(decoding: try contents(file), as: UTF8.self).hasPrefix("\(getpid()) "))
    }
  }

  private func contents(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path))
  }
}
