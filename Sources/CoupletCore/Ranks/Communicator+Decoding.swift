import Files
import Foundation

extension Communicator {
  /// Carries out work in which all ranks decode the same files in the same order: ranks of one machine then keep one copy of
  /// what is decoded to the disk, where one can open what another has open.
  /// - Throws: what `body` throws, and `Failure` when there is no file for scratch.
  package func sharingDecoded<Result>(_ body: () throws -> Result) throws -> Result {
    try ScratchSharing.$current.withValue(try size > 1 ? sharing() : nil, operation: body)
  }

  /// nil where all ranks are on machines of their own, or one cannot open another's files.
  private func sharing() throws -> ScratchSharing? {
    let boot = FileManager.default.contents(atPath: "/proc/sys/kernel/random/boot_id") ?? Data()
    let name = Data(ProcessInfo.processInfo.hostName.utf8)
    let machines = gather([(boot + name).map(Int.init)])
    // The first rank of this machine writes; a machine has at most `most` ranks.
    guard let writer = machines.firstIndex(of: machines[rank]),
      let most = Set(machines).map({ machine in machines.count { $0 == machine } }).max(), most > 1
    else { return nil }
    let memory = gather(Tensor([Memory.limit])).array(Int.self).min() ?? Memory.limit
    let sharing = ScratchSharing(writes: rank == writer, memory: memory / 4 / most) { text in
      String(
        decoding: gather([text.utf8.map(Int.init)])[writer].map { UInt8(truncatingIfNeeded: $0) },
        as: UTF8.self)
    }
    return try isOpen(sharing) ? sharing : nil
  }

  /// Whether all ranks can open a file that the writer of their machine has open.
  private func isOpen(_ sharing: ScratchSharing) throws -> Bool {
    let probe = Data("\(rank)".utf8)
    guard sharing.writes else {
      let path = sharing.told("")
      let found = FileManager.default.contents(atPath: path)
      return !any(found != Data(sharing.told("").utf8))
    }
    let file = try ScratchFile(expecting: probe.count)
    try probe.withUnsafeBytes { try file.write($0) }
    return try file.whileOpen { path in
      _ = sharing.told(path)
      _ = sharing.told("\(rank)")
      return !any(false)
    }
  }
}
