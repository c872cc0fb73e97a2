import COcean
import Files
import Foundation
import Samples
import Torch

extension Ocean {
  /// Pairs number `range` of all pairs that a key stands for, as float32: u of n × 98, v of n × points × 2 drifters
  /// (not wrapped, with noise). Pair i depends on the key and on i alone: not on the range, nor on the number
  /// of threads. Another instruction set changes paths by rounding.
  /// - Parameter progress: called with the number of pairs that are ready; what it throws ends the simulation.
  /// - Throws: `Failure` when there are none, the settings make no sense, or memory is lacking.
  public func simulate(
    _ range: Range<Int>, key: Key, progress: (Int) throws -> Void = { _ in }
  ) throws -> PairedData {
    try requirePairs(range)
    try Memory.require(
      Memory.bytes([range.count, bytesOfPair], of: 2), for: "\(range.count) pairs",
      remedy: "simulate fewer")
    var (u, v): ([Tensor], [Tensor]) = ([], [])
    for part in chunks(of: range) {
      let samples = try samples(part, key: key)
      u.append(samples.coefficients.to(.float32))
      v.append(samples.positions.to(.float32))
      try progress(part.upperBound - range.lowerBound)
    }
    return try PairedData(u: cat(u), v: cat(v))
  }

  /// The same pairs in float64, all at once.
  /// - Throws: `Failure` when there are none, the settings make no sense, or memory is lacking.
  public func samples(_ range: Range<Int>, key: Key) throws -> (
    coefficients: Tensor, positions: Tensor
  ) {
    try requirePairs(range)
    let coefficients = self.coefficients(range, key: key)
    let paths = try self.paths(of: coefficients)
    guard noise > 0 else { return (coefficients, paths) }
    let size = points * 2 * drifters
    let draws = [Double](unsafeUninitializedCapacity: range.count * size) { buffer, initialized in
      for (row, index) in range.enumerated() {
        let part = UnsafeMutableBufferPointer(rebasing: buffer[row * size..<(row + 1) * size])
        NormalDraws.fill(part, key: key.folded(with: index).folded(with: 1))
      }
      initialized = range.count * size
    }
    return (coefficients, paths + Tensor(draws, shape: [range.count] + shape) * noise)
  }

  /// The coefficients of pairs number `range`, n × 98, float64.
  public func coefficients(_ range: Range<Int>, key: Key) -> Tensor {
    let deviations = deviations + deviations
    let values = range.flatMap { index in
      let draws = NormalDraws.array(
        Ocean.coefficients, key: key.folded(with: index).folded(with: 0))
      return zip(draws, deviations).map { $0 * $1 }
    }
    return Tensor(values, shape: [range.count, Ocean.coefficients])
  }

  /// The exact paths in flows with these coefficients (n × 98): n × points × 2 drifters, float64, not wrapped.
  ///
  /// Classical Runge–Kutta in double precision, with error O(Δt⁴); on `Runtime.threads` threads.
  /// - Throws: `Failure` when memory is lacking.
  public func paths(of coefficients: Tensor) throws -> Tensor {
    let flows = coefficients.shape[0]
    require(
      coefficients.shape == [flows, Ocean.coefficients],
      "Ocean.paths: coefficients of shape \(coefficients.shape)")
    var status: Int32 = 0
    let positions = coefficients.to(.float64).withElements(Double.self) { coefficients in
      [Double](unsafeUninitializedCapacity: flows * points * 2 * drifters) { buffer, initialized in
        let starts = starts.flatMap { [$0.0, $0.1] }
        status = frequencies.withUnsafeBufferPointer { frequencies in
          starts.withUnsafeBufferPointer { starts in
            var drift = co_drift(
              coefficients: coefficients.baseAddress, frequencies: frequencies.baseAddress,
              starts: starts.baseAddress, flows: Int64(flows), drifters: Int64(drifters),
              time_step: timeStep, steps: Int64(steps), every: Int64(recordEvery))
            return co_integrate(&drift, buffer.baseAddress)
          }
        }
        initialized = status == 0 ? flows * points * 2 * drifters : 0
      }
    }
    guard status == 0 else {
      throw Failure.system("cannot simulate \(flows) flows", at: "ocean", code: status)
    }
    // From drifter, time, coordinate to time, drifter and coordinate.
    return Tensor(positions, shape: [flows, drifters, points, 2]).transposed(1, 2)
      .reshaped([flows] + shape)
  }

  /// Ranges that keep storage in double precision within some 100 MB, or of one pair each.
  func chunks(of range: Range<Int>, most: Int = 2048) -> some Sequence<Range<Int>> {
    let size = min(most, max(1, (1 << 22) / (points * drifters)))
    return stride(from: range.lowerBound, to: range.upperBound, by: size).lazy.map {
      $0..<($0 + min(size, range.upperBound - $0))
    }
  }

  /// The bytes of a pair in a file.
  var bytesOfPair: Int { 4 * (Ocean.coefficients + drifters * (2 * points + 2)) }

  private func requirePairs(_ range: Range<Int>) throws {
    try validate()
    guard !range.isEmpty else { throw Failure("0 pairs", remedy: "simulate at least one") }
  }

  /// - Throws: `Failure` naming a setting that makes no sense.
  public func validate() throws {
    func require(_ condition: Bool, _ what: String, _ remedy: String) throws {
      guard condition else { throw Failure(what, at: "ocean", remedy: remedy) }
    }
    try require(speed >= 0 && speed <= 1e6, "speed \(speed)", "use a number from 0 to 1000000")
    try require(decay >= 0 && decay <= 100, "decay \(decay)", "use a number from 0 to 100")
    try require(
      frequencies.count == Ocean.modes && frequencies.allSatisfy { abs($0) <= 1e9 },
      "the frequencies", "give \(Ocean.modes) numbers of at most 1e9")
    try require((1...10_000).contains(drifters), "\(drifters) drifters", "use 1 to 10000")
    try require(noise >= 0 && noise <= 1e6, "noise \(noise)", "use a number from 0 to 1000000")
    try require(timeStep > 0 && timeStep <= 1e3, "time step \(timeStep)", "use one up to 1000")
    try require((1...1_000_000_000).contains(steps), "\(steps) steps", "use 1 to 1000000000")
    try require(
      (1...steps).contains(recordEvery), "a record every \(recordEvery) steps", "use 1 to \(steps)")
    try require(
      points * drifters <= 10_000_000, "\(points) points of \(drifters) drifters",
      "record fewer: 10000000 in all at most")
  }
}

extension Ocean {
  /// A source of `count` = N new pairs for every epoch: epoch e has the pairs number e N … (e + 1) N − 1 of the key.
  ///
  /// ```swift
  /// try trainer.fit(coupling, to: Ocean().online(32_268, key: Key(1)))
  /// ```
  public func online(_ count: Int, key: Key) -> OnlinePairs {
    OnlinePairs(count) { try simulate($0 * count..<($0 + 1) * count, key: key) }
  }
}
