import CTorch
import Foundation

// How a failing call into libtorch reaches the user of this module.
//
// A call fails for one of two reasons. Shapes or types do not fit: the program is wrong, and it traps
// naming the operation and its operands. Memory is exhausted: the world is too small for the
// request, which no caller of an arithmetic operator can handle, so the process ends with one line
// and status 1. Operations that a user's data can make fail (a matrix that is not positive
// definite, a device that is not there) throw instead; they say so.

/// Traps, or ends the process when memory is exhausted, unless `status` is success.
@inline(__always)
package func check(
  _ status: ct_status, _ operation: StaticString, _ operands: @autoclosure () -> [Tensor]
) {
  if status != CT_OK { stop(status, operation, operands()) }
}

private func stop(_ status: ct_status, _ operation: StaticString, _ operands: [Tensor]) -> Never {
  let text = lastError()
  let shapes = operands.map { "\($0.dtype)\($0.shape)" }.joined(separator: ", ")
  if status == CT_OUT_OF_MEMORY {
    let size =
      text.firstMatch(of: /allocate ([0-9.]+ ?[A-Za-z]+)/).map { ": \($0.1) were asked for" } ?? ""
    Runtime.reportExhaustion("out of memory in \(operation)(\(shapes))\(size)")
    exit(1)
  }
  // A programmer error by the contract above: the caller passed operands that do not fit.
  fatalError("Torch.\(operation)(\(shapes)): \(text)")
}

/// The text of the last failed call on this thread.
func lastError() -> String { String(cString: ct_last_error()) }

/// Runs a call that hands out one tensor.
@inline(__always)
package func tensor(
  _ operation: StaticString, _ operands: @autoclosure () -> [Tensor],
  _ call: (UnsafeMutablePointer<ct_tensor?>) -> ct_status
) -> Tensor {
  var out: ct_tensor?
  check(call(&out), operation, operands())
  return Tensor(owning: out)
}

/// Runs a call that hands out two tensors.
@inline(__always)
package func tensors(
  _ operation: StaticString, _ operands: @autoclosure () -> [Tensor],
  _ call: (UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>) -> ct_status
) -> (Tensor, Tensor) {
  var first: ct_tensor?
  var second: ct_tensor?
  check(call(&first, &second), operation, operands())
  return (Tensor(owning: first), Tensor(owning: second))
}

/// Calls `body` with the raw handles of a list; the tensors outlive the call.
package func withHandles<Result>(
  _ list: [Tensor], _ body: (UnsafePointer<ct_tensor?>?, Int32) -> Result
) -> Result {
  withExtendedLifetime(list) {
    list.map { Optional($0.raw) }.withUnsafeBufferPointer { body($0.baseAddress, Int32($0.count)) }
  }
}

/// A shape as libtorch reads it.
func sizes(_ shape: [Int]) -> [Int64] { shape.map(Int64.init) }
