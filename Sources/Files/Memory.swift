import Foundation

/// The memory that this process may use.
public enum Memory {
  /// Bytes: those of the machine, or fewer when a control group of Linux allows fewer.
  public static var limit: Int {
    let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let groups = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    guard let group = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }) else {
      return machine
    }
    // A group's memory is bounded by the limits of all those that it is in.
    let folders = group.dropFirst(4).split(separator: "/")
    return (0...folders.count).reduce(machine) { least, depth in
      let path = (["/sys/fs/cgroup"] + folders.prefix(depth).map(String.init) + ["memory.max"])
        .joined(separator: "/")
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      return min(least, Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? .max)
    }
  }

  /// A number of bytes in words: `12.5 GB`, `3 MB`.
  public static func text(_ count: Int) -> String {
    let (unit, size) = count >= 1_000_000_000 ? ("GB", 1e9) : ("MB", 1e6)
    return String(
      format: count >= 1_000_000_000 ? "%.1f %@" : "%.0f %@", Double(count) / size, unit)
  }
}
