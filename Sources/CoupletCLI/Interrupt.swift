import Foundation
import Synchronization

/// Ctrl-C (SIGINT) and SIGTERM: the first asks the running work to save and stop, the second ends
/// the program at once.
enum Interrupt {
  // A global that the signal handler reaches: handlers capture nothing. Its operations take no
  // lock, so they are safe there.
  private static let requests = Atomic<Int>(0)

  /// Whether the work was asked to stop.
  @Sendable static func isRequested() -> Bool { requests.load(ordering: .relaxed) > 0 }

  /// Handles the two signals from now on.
  static func install() {
    _ = isRequested()  // The first use initialises the global, which a handler must not do.
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        if Interrupt.requests.add(1, ordering: .relaxed).oldValue > 0 { _exit(128 + number) }
      }
    }
  }
}
