import Arguments
import Files
import Foundation

/// Standard output for results, standard error for everything else.
enum Console {
  /// Writes all of `text` to standard output, or says that it could not.
  static func write(_ text: String) throws { try write(Array(text.utf8)) }

  private static func write(_ bytes: [UInt8]) throws {
    guard put(bytes, to: STDOUT_FILENO) else {
      if errno == EPIPE { throw OutputClosed() }
      throw Failure.system("cannot write the result", at: "standard output")
    }
  }

  /// Writes a line to standard error. Nobody can be told when that fails.
  static func report(_ line: String) { _ = put(line.printable() + "\n", to: STDERR_FILENO) }

  static func put(_ text: String, to descriptor: Int32) -> Bool {
    put(Array(text.utf8), to: descriptor)
  }

  private static func put(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        return false
      }
      bytes = bytes.dropFirst(count)
    }
    return true
  }

  /// A result: JSON when asked for, a text for people otherwise.
  static func show(
    _ json: @autoclosure () -> JSON, text: @autoclosure () -> String, as common: Common
  )
    throws
  {
    guard common.json else { return try write(text().printable(keepsLines: true)) }
    try json().write { try write($0) }
    try write("\n")
  }

  /// A result whose last member is a list, or its text, item by item as they are made: however many there are, only
  /// some 64 KiB of them are in memory.
  /// - Parameter items: calls what it is given with every item and its text, in their order.
  static func show(
    _ head: [JSON.Member], list name: String, as common: Common,
    _ items: ((_ json: @autoclosure () -> JSON, _ text: @autoclosure () -> String) throws -> Void)
      throws -> Void
  ) throws {
    var pending: [UInt8] = []
    func add(_ text: some StringProtocol) throws {
      pending += text.utf8
      guard pending.count >= 1 << 16 else { return }
      try write(pending)
      pending.removeAll(keepingCapacity: true)
    }
    guard common.json else {
      try items { try add($1().printable(keepsLines: true)) }
      return try write(pending)
    }
    try add(JSON.object(head + [.init(name, [])]).text.dropLast(2))
    var separator = ""
    try items { json, _ in
      try add(separator + json().text)
      separator = ","
    }
    try add("]}\n")
    try write(pending)
  }
}
