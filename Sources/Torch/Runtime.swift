import CTorch
import Files
import Foundation
import Synchronization

/// libtorch itself: its version and its threads.
public enum Runtime {
  /// libtorch's version, for example "2.13.0".
  public static var version: String { String(cString: ct_version()) }
  /// The instruction set that its processor kernels use here, for example "AVX2" or "AVX512".
  public static var instructionSet: String { String(cString: ct_cpu_capability()) }
  /// The number of threads that one operation may use.
  public static var threads: Int {
    get { Int(ct_get_threads()) }
    set {
      require(newValue >= 1, "Runtime.threads: at least one thread")
      check(ct_set_threads(Int32(clamping: newValue)), "threads", [])
    }
  }

  /// Keeps freed memory in the process. Repeated steps allocate the same large tensors again and again; the C
  /// library otherwise gives each back to the system and gets it anew page by page, a tenth of a training
  /// step's time.
  public static func keepFreedMemory() { ct_keep_freed_memory() }

  /// Copies bytes, on as many threads as they are worth: what is read of a mapped file comes faster by several.
  public static func copy(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer?) {
    guard let source = bytes.baseAddress, let target else { return }
    let parts = min(threads, bytes.count >> 19)
    guard parts > 1 else { return target.copyMemory(from: source, byteCount: bytes.count) }
    var copy = Copy(source: source, target: target, count: bytes.count, parts: parts)
    let status = withUnsafeMutablePointer(to: &copy) {
      ct_parallel(
        Int64(parts),
        { copy, part in
          // It is handed on as it is given below.
          guard let copy = copy?.assumingMemoryBound(to: Copy.self).pointee else { return }
          copy.run(part: Int(part))
        }, $0)
    }
    check(status, "copy", [])
  }

  private struct Copy {
    let source: UnsafeRawPointer
    let target: UnsafeMutableRawPointer
    let count, parts: Int

    func run(part: Int) {
      let (begin, end) = (count * part / parts, count * (part + 1) / parts)
      (target + begin).copyMemory(from: source + begin, byteCount: end - begin)
    }
  }

  // MARK: Memory

  private static let report = Mutex<@Sendable (String) -> Void>(
    {
      let name = ProcessInfo.processInfo.processName
      FileHandle.standardError.write(
        Data("\(name): error: \($0) — use fewer samples at once\n".utf8))
    })

  /// Says what is done, in place of a line on standard error, before the process ends with status 1 because an operation
  /// found no memory.
  ///
  /// ```swift
  /// Runtime.whenMemoryIsExhausted { log.error("\($0)") }   // "out of memory in matmul(float32[…], …): 8 GB were asked for"
  /// ```
  public static func whenMemoryIsExhausted(_ report: @escaping @Sendable (String) -> Void) {
    self.report.withLock { $0 = report }
  }

  static func reportExhaustion(_ what: String) { report.withLock { $0 }(what) }
}
