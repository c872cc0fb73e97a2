import CFiles
import Foundation

/// The memory that this process may use.
public enum Memory {
  /// Bytes: those of the machine, or fewer when a control group of Linux, or the limit of the process (`ulimit -v`), allows
  /// fewer.
  public static var limit: Int {
    var machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    var own = rlimit()
    if getrlimit(addressSpace, &own) == 0 { machine = min(machine, Int(clamping: own.rlim_cur)) }
    let groups = text(of: "/proc/self/cgroup")
    guard let group = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
      return machine
    }
    // A group's memory is bounded by the limits of all those that it is in.
    let folders = group.dropFirst(4).split(separator: "/")
    return (0...folders.count).reduce(machine) { least, depth in
      let path = (["/sys/fs/cgroup"] + folders.prefix(depth).map(String.init) + ["memory.max"])
        .joined(separator: "/")
      return min(least, Int(text(of: path).trimmingCharacters(in: .whitespacesAndNewlines)) ?? .max)
    }
  }

  /// Bytes that are free now, or can be made free at once: never more than `limit`.
  public static var available: Int {
    let line = text(of: "/proc/meminfo").split(separator: "\n")
      .first { $0.hasPrefix("MemAvailable:") }
    let kilobytes = line.flatMap { Int($0.filter(\.isNumber)) }
    return min(limit, kilobytes.map { $0 * 1024 } ?? .max)
  }

  private static func text(of path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  #if canImport(Glibc)
    private static let addressSpace = __rlimit_resource_t(RLIMIT_AS.rawValue)
  #else
    private static let addressSpace = RLIMIT_AS
  #endif

  /// The bytes of an array; `Int.max` where they are more than a number can count.
  ///
  /// ```swift
  /// Memory.bytes([1_000, 512], of: 4)    // 2_048_000
  /// Memory.bytes([.max, 2], of: 8)       // Int.max
  /// ```
  public static func bytes(_ shape: [Int], of size: Int = 1) -> Int {
    shape.contains(0)
      ? 0
      : shape.reduce(size) { product, length in
        let (next, overflows) = product.multipliedReportingOverflow(by: length)
        return overflows || length < 0 ? .max : next
      }
  }

  /// Refuses what does not fit into the memory that is there, before any of it is taken.
  /// - Throws: `Failure` saying how much `what` takes.
  public static func require(
    _ bytes: Int, for what: String, at place: Place = .none, remedy: String
  ) throws {
    // Where even the machine is too small, what is free now is of no matter.
    let there = bytes > limit ? limit : available
    guard bytes > there else { return }
    throw Failure(
      "\(what) would take \(text(bytes)) of memory, and there are \(text(there))", at: place,
      remedy: remedy)
  }

  /// A number of bytes in words: `12.5 GB`, `3 MB`.
  public static func text(_ count: Int) -> String {
    guard count < 1_000_000_000_000_000 else { return "more than a million GB" }
    let (unit, size) = count >= 1_000_000_000 ? ("GB", 1e9) : ("MB", 1e6)
    return String(
      format: count >= 1_000_000_000 ? "%.1f %@" : "%.0f %@", Double(count) / size, unit)
  }
}

/// The space of a disk.
public enum Disk {
  /// The bytes that are free on the disk of the folder, or of the nearest one above it that is there; nil when the system
  /// does not say.
  public static func free(at folder: String) -> Int? {
    var path = Folder.absolute(folder)
    var disk = statvfs()
    while statvfs(path, &disk) != 0 {
      guard path.count > 1, let slash = path.lastIndex(of: "/") else { return nil }
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    return Memory.bytes([Int(clamping: disk.f_bavail)], of: Int(clamping: disk.f_frsize))
  }

  /// Refuses what does not fit onto the disk of the folder, before any of it is written.
  /// - Throws: `Failure` saying how much `what` takes.
  public static func require(
    _ bytes: Int, for what: String, at folder: String, remedy: String
  ) throws {
    guard let free = free(at: folder), bytes > free else { return }
    throw Failure(
      "\(what) would take \(Memory.text(bytes)) of disk, and \(Memory.text(free)) are free",
      at: folder, remedy: remedy)
  }
}

extension Memory {
  /// Gives memory that is free back to the system, where the allocator keeps it for later: between steps that each need
  /// much, so that their peaks do not add up.
  public static func giveBack() { cfiles_give_back() }
}
