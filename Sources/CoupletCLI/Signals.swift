import Foundation
import Synchronization

/// Signals that say of a write what its error says better.
enum Signals {
  /// From now on a closed pipe (SIGPIPE) and a file beyond the limit of its size (SIGXFSZ) are errors of the write:
  /// a training whose progress nobody reads any more goes on, and a file that is too large leaves the old one.
  static func becomeErrors() {
    for number in [SIGPIPE, SIGXFSZ] { signal(number, SIG_IGN) }
  }
}

/// Ctrl-C (SIGINT), SIGTERM, and the end of the terminal (SIGHUP): the first asks the running work to save and stop;
/// another SIGINT or SIGTERM ends the program at once.
enum Interrupt {
  // A global that the signal handler reaches: handlers capture nothing. Its operations take no
  // lock, so they are safe there.
  private static let requests = Atomic<Int>(0)
  private static let hangUps = Atomic<Int>(0)

  /// Whether the work was asked to stop.
  @Sendable static func isRequested() -> Bool {
    requests.load(ordering: .relaxed) > 0 || hangUps.load(ordering: .relaxed) > 0
  }

  /// Handles the signals from now on.
  static func install() {
    _ = isRequested()  // The first use initialises the globals, which a handler must not do.
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interrupt.requests.add(1, ordering: .relaxed).oldValue > 0 { _exit(128 + number) }
      }
    }
    // A terminal that ends may say so twice, so that a second time means nothing; nohup has it ignored.
    let earlier = signal(SIGHUP) { _ in Interrupt.hangUps.add(1, ordering: .relaxed) }
    if unsafeBitCast(earlier, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
      signal(SIGHUP, SIG_IGN)
    }
    // Who starts a process hands on what signals it has blocked itself.
    var handled = sigset_t()
    sigemptyset(&handled)
    for number in [SIGHUP, SIGINT, SIGTERM] { sigaddset(&handled, number) }
    pthread_sigmask(SIG_UNBLOCK, &handled, nil)
  }
}
