import CMPI
import Files
import Foundation

/// The processes that train one coupling or answer one question together, as one of them sees them: alone, or the ranks of
/// an MPI job.
///
/// Every rank calls the same methods in the same order. What is added up is added in the order of the ranks, so that
/// results do not depend on who came first, and are the same bits on all ranks.
///
/// ```swift
/// let ranks = try Communicator.start()          // under mpirun -n 4
/// ranks.share(of: 10)                           // 0..<2, 2..<5, 5..<7 or 7..<10
/// ranks.sum(gradient)                           // over all ranks, on all of them
/// ```
public struct Communicator: Equatable, Sendable {
  /// The number of this process, from 0.
  public let rank: Int
  /// How many there are.
  public let size: Int

  /// One process.
  public static let alone = Communicator(rank: 0, size: 1)

  /// Whose processes share what is computed here: of scores each takes rows of its own, of galleries candidates, and of
  /// samples to be embedded chunks. All call the same functions in the same order, and get the same results.
  @TaskLocal package static var sharing = Communicator.alone

  // MARK: Start and end

  /// Whether MPI is built in.
  public static var isBuiltIn: Bool { cm_is_built_in() != 0 }

  /// The number that the job's starter (mpirun, srun) gave this process; nil where there was none.
  public static var launchedRank: Int? {
    variable(["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "MV2_COMM_WORLD_RANK"])
  }

  /// How many processes of the job run on this machine, where its starter says so.
  public static var processesHere: Int? {
    variable(["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "MV2_COMM_WORLD_LOCAL_SIZE"])
  }

  private static func variable(_ names: [String]) -> Int? {
    let environment = ProcessInfo.processInfo.environment
    return names.lazy.compactMap { environment[$0].flatMap { Int($0) } }.first
  }

  /// The ranks of the MPI job that this process was started in; alone where there is none.
  /// - Throws: `Failure` when there is such a job and MPI is not built in, or cannot be started.
  public static func start() throws -> Communicator {
    guard launchedRank != nil else { return .alone }
    guard isBuiltIn else {
      let count = variable(["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS"]) ?? 2
      guard count > 1 else { return .alone }
      throw Failure(
        "this is one of \(count) processes, and MPI is not built in",
        remedy: "run scripts/setup.sh --mpi and make build, or start one process alone")
    }
    var (rank, size): (Int32, Int32) = (0, 1)
    try checked { cm_start(&rank, &size, $0) }
    return Communicator(rank: Int(rank), size: Int(size))
  }

  /// Takes leave of the other ranks; where this one has failed, ends them all.
  /// - Parameter whileOthersWork: whether they may wait for this one, which has no more to do: then they end, too.
  public static func end(status: Int32, whileOthersWork: Bool = false) {
    if status == 0 && !whileOthersWork { cm_stop() } else { cm_abort(status) }
  }

  private static func checked(_ call: (UnsafeMutablePointer<CChar>) -> Int32) throws {
    var text = [CChar](repeating: 0, count: 201)
    guard call(&text) == 0 else {
      throw Failure(
        String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self),
        at: "MPI", remedy: "check the network and the other ranks' messages")
    }
  }

  /// Ends the whole job when the ranks cannot reach each other: nothing that one could do alone is right.
  private func require(_ call: (UnsafeMutablePointer<CChar>) -> Int32) {
    do {
      try Communicator.checked(call)
    } catch {
      FileHandle.standardError.write(
        Data("couplet: rank \(rank) of \(size): error: \(error)\n".utf8))
      cm_abort(1)
      exit(1)
    }
  }

  // MARK: Shares

  /// The part of `count` things in succession that is this rank's: parts differ by one at most, and are empty where there
  /// are more ranks than things.
  public func share(of count: Int) -> Range<Int> { share(of: count, rank: rank) }

  private func share(of count: Int, rank: Int) -> Range<Int> {
    (count * rank / size)..<(count * (rank + 1) / size)
  }

  /// The same in whole chunks, of which the last alone may be shorter.
  public func share(of count: Int, inChunksOf chunk: Int) -> Range<Int> {
    let chunks = share(of: (count + chunk - 1) / chunk)
    return min(count, chunks.lowerBound * chunk)..<min(count, chunks.upperBound * chunk)
  }

  // MARK: Exchange

  /// Exchanges of more bytes go in pieces: of 2 GB, but for tests.
  package static func exchange(atMost bytes: Int) { cm_set_most(Int64(bytes)) }

  /// Returns once all ranks have come here.
  public func barrier() { if size > 1 { require { cm_barrier($0) } } }

  /// Whether it is true on any rank.
  public func any(_ flag: Bool) -> Bool {
    size > 1 ? gather(Tensor([flag])).array(Bool.self).contains(true) : flag
  }

  /// Whether all ranks hold the same bytes.
  public func agree(on bytes: [UInt8]) -> Bool {
    let all = gather(Tensor(bytes)).array(UInt8.self)
    return !any(all != Array(repeating: bytes, count: size).flatMap { $0 })
  }

  /// The rows of all ranks one after the other, cut off from differentiation. Ranks may have different numbers of them,
  /// or none; all else of their shapes must agree.
  public func gather(_ rows: Tensor) -> Tensor {
    guard size > 1 else { return rows.detached() }
    let counts = gathered(Tensor([rows.shape[0]]), counts: Array(repeating: 1, count: size))
      .array(Int.self)
    return gathered(rows, counts: counts)
  }

  private func gathered(_ rows: Tensor, counts: [Int]) -> Tensor {
    let shape = Array(rows.shape.dropFirst())
    let width = shape.reduce(rows.dtype.byteCount, *)
    let bytes = counts.map { Int64($0 * width) }
    let all = Tensor(shape: [counts.reduce(0, +)] + shape, dtype: rows.dtype) { target in
      rows.detached().withBytes { own in
        require { cm_gather(own.baseAddress, target.baseAddress, bytes, $0) }
      }
    }
    return all.to(deviceOf: rows)
  }

  /// The lists of all ranks one after the other.
  func gather(_ lists: [[Int]]) -> [[Int]] {
    guard size > 1 else { return lists }
    let counts = gather(Tensor(lists.map(\.count))).array(Int.self)
    let all = gather(Tensor(lists.flatMap { $0 })).array(Int.self)
    var place = 0
    return counts.map { count in
      defer { place += count }
      return Array(all[place..<place + count])
    }
  }

  /// Of tensors with the same number of rows on all ranks, this rank's rows (`share(of:)`) of their sum.
  public func sumOfOwnRows(_ rows: Tensor) -> Tensor {
    let count = rows.shape[0]
    guard size > 1 else { return rows.detached() }
    let shape = Array(rows.shape.dropFirst())
    let width = shape.reduce(rows.dtype.byteCount, *)
    let own = share(of: count).count
    let sent = (0..<size).map { Int64(share(of: count, rank: $0).count * width) }
    let received = Array(repeating: Int64(own * width), count: size)
    let parts = Tensor(shape: [size, own] + shape, dtype: rows.dtype) { target in
      rows.detached().withBytes { bytes in
        require { cm_exchange(bytes.baseAddress, sent, target.baseAddress, received, $0) }
      }
    }
    // One after the other: a reduction over the axis may add in another order.
    return (1..<size).reduce(parts[0]) { $0 + parts[$1] }.to(deviceOf: rows)
  }

  /// The sum over all ranks, on all of them.
  public func sum(_ tensor: Tensor) -> Tensor {
    guard size > 1 else { return tensor.detached() }
    return gather(sumOfOwnRows(tensor.flattened())).reshaped(tensor.shape)
  }
}

extension Communicator {
  /// Replaces the gradients of parameters by their sums over all ranks. A parameter without a gradient on every rank
  /// keeps none.
  public func sumGradients(_ parameters: [Tensor]) {
    guard size > 1 else { return }
    let learned = parameters.filter(\.requiresGradient)
    let present = gather(Tensor(learned.map { $0.gradient != nil }).unsqueezed(0))
      .to(.int64).sum(dim: 0).array(Int.self)
    let touched = zip(learned, present).filter { $1 > 0 }.map(\.0)
    for dtype in DType.allCases where dtype.isFloatingPoint {
      let group = touched.filter { $0.dtype == dtype }
      guard let first = group.first else { continue }
      let all = sum(cat(group.map { ($0.gradient ?? $0.zerosLike()).flattened() }))
      var place = 0
      for parameter in group {
        parameter.gradient = all[place..<place + parameter.count].reshaped(parameter.shape)
          .to(deviceOf: first).clone()
        place += parameter.count
      }
    }
  }
}

extension Range<Int> {
  /// The same range of what begins further on.
  package func shifted(by offset: Int) -> Range<Int> {
    lowerBound + offset..<upperBound + offset
  }
}
