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
}
