/// Stops the program with `message` when a caller has broken the contract of a function; unlike
/// `precondition`, with the message in release builds too.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
  guard condition else { fatalError(message()) }
}
