import Foundation

/// Starting another program, with the open files that it is given and none other that closes on exec.
///
/// By `posix_spawn`, not by `fork`: a process with threads may hold locks that nobody gives back in its copy.
package enum ChildProcess {
  /// - Parameters:
  ///   - streams: which of this process's descriptors the program finds under which number, in this order.
  ///   - discarding: a number under which whatever the program writes is thrown away.
  ///   - failure: what to say of a system's code when it does not start.
  /// - Returns: the process, which the caller waits for.
  package static func start(
    _ program: String, _ arguments: [String],
    environment: [String: String] = ProcessInfo.processInfo.environment,
    streams: [(number: Int32, descriptor: Int32)], discarding: Int32? = nil,
    failure: (Int32) -> Failure
  ) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
    #else
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in streams {
      posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    }
    if let discarding {
      posix_spawn_file_actions_addopen(&actions, discarding, "/dev/null", O_WRONLY, 0)
    }
    var words = ([program] + arguments).map { strdup($0) }
    words.append(nil)
    var variables = environment.map { strdup("\($0)=\($1)") }
    variables.append(nil)
    defer { for text in words + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, program, &actions, nil, words, variables)
    guard code == 0 else { throw failure(code) }
    return process
  }

  /// How a process ended.
  package enum End: Equatable, Sendable {
    /// By itself.
    case status(Int32)
    /// By a signal that was not sent here.
    case signal(Int32)
    /// It got nowhere for so long that it was killed.
    case killed
  }

  /// Waits for the end of a process, and kills it when it gets nowhere for `limit` seconds.
  /// - Parameter progress: a number that changes as long as the process gets on; without it all of its time counts.
  package static func wait(
    for process: pid_t, limit: Double, progress: () -> Int = { 0 }
  ) -> End {
    var (status, seen, pause): (Int32, Int, UInt32) = (0, progress(), 200)
    var deadline = ContinuousClock.now + .seconds(limit)
    while true {
      let ended = waitpid(process, &status, WNOHANG)
      // Where children of this process are waited for by the system itself, how it ended is not known.
      if ended == process || (ended < 0 && errno == ECHILD) { break }
      let now = progress()
      if now != seen { (seen, deadline) = (now, ContinuousClock.now + .seconds(limit)) }
      guard ContinuousClock.now < deadline else {
        kill(process, SIGKILL)
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return .killed
      }
      usleep(pause)
      pause = min(2 * pause, 10_000)
    }
    let signal = status & 0x7F
    return signal == 0 ? .status(status >> 8 & 0xFF) : .signal(signal)
  }
}
