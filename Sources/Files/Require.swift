/// Stops the program with `message` when a caller has broken the contract of a function; unlike `precondition`, with
/// the message in release builds too.
///
/// For programmer errors only: shapes, ranges, an order of calls. What the world can cause throws `Failure`.
///
/// ```swift
/// require(x.rank == 2, "normalized: \(x.shape) is not a matrix")
/// ```
public func require(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  // A broken contract is a defect of the program: going on would compute nonsense.
  guard condition else { fatalError(message(), file: file, line: line) }
}
