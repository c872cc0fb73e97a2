import Arguments
import Files
import Foundation
import Synchronization

/// Standard output for results, standard error for everything else. Of the ranks of an MPI job the first has results.
enum Console {
  /// Whether the reader of standard output has closed it.
  static var isClosed: Bool { closed.withLock { $0 } }
  private static let closed = Mutex(false)

  /// Writes all of `text` to standard output, or says that it could not.
  static func write(_ text: String) throws { try write(Array(text.utf8)) }

  private static func write(_ bytes: [UInt8]) throws {
    guard Ranks.isFirst else { return }
    guard put(bytes, to: STDOUT_FILENO) else {
      if errno == EPIPE {
        closed.withLock { $0 = true }
        throw OutputClosed()
      }
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
  static func show(_ result: some CommandResult, as common: Common) throws {
    guard common.json else { return try write(result.text.printable(keepsLines: true)) }
    try JSON(encoding: result).write { try write($0) }
    try write("\n")
  }

  /// A result whose last member is a list, or its text, item by item as they are made: however many there are, only
  /// some 64 KiB of them are in memory.
  /// - Parameters:
  ///   - head: an object, of which the list is the last member.
  ///   - items: calls what it is given with every item, in their order.
  static func show<Item: CommandResult>(
    _ head: some Encodable, list name: String, as common: Common,
    _ items: ((_ item: Item) throws -> Void) throws -> Void
  ) throws {
    var pending: [UInt8] = []
    func add(_ text: some StringProtocol) throws {
      pending += text.utf8
      guard pending.count >= 1 << 16 else { return }
      try write(pending)
      pending.removeAll(keepingCapacity: true)
    }
    guard common.json else {
      try items { try add($0.text.printable(keepsLines: true)) }
      return try write(pending)
    }
    let opening = try JSON(encoding: head).text.dropLast()
    try add("\(opening)\(opening.count > 1 ? "," : "")\(JSON.string(name).text):[")
    var separator = ""
    try items {
      try add(separator + JSON(encoding: $0).text)
      separator = ","
    }
    try add("]}\n")
    try write(pending)
  }
}
