import Files
import Foundation
import Torch

/// Samples that repeat exactly.
///
/// Images, texts and vectors of two or more coordinates that are equal to the last bit are one sample that occurs
/// several times. Labels and single numbers repeat by chance, and so do rows all of whose numbers are equal (a blank
/// image, a vector of zeros): they never count.
public enum Repeats {
  /// Data larger than this are not searched.
  static let largestSize = 1 << 30

  /// For each row the number of the first row with the same sample; nil where repetition means nothing, and for
  /// all rows of samples none of which repeats.
  ///
  /// Samples are compared by 64 bits of a hash, so that memory is 16 bytes a sample where none repeats; that two
  /// different ones of N agree has the probability N²/2⁶⁵, 3·10⁻⁸ for a million.
  /// - Throws: `Failure` when the samples cannot be read.
  public static func marks(of samples: any SampleSource) throws -> [Int?]? {
    guard canRepeat(samples.space) else { return nil }
    var hashes: [Int?] = []
    hashes.reserveCapacity(samples.count)
    try samples.forEachBlock(of: 4096) { _, block in
      hashes += Repeats.hashes(of: block, isText: samples.space == .text)
    }
    let sorted = hashes.compactMap { $0 }.sorted()
    let repeated = Set(zip(sorted, sorted.dropFirst()).lazy.filter { $0 == $1 }.map(\.0))
    guard !repeated.isEmpty else { return nil }
    var first: [Int: Int] = [:]
    return hashes.enumerated().map { row, hash in
      guard let hash else { return nil }
      guard repeated.contains(hash) else { return row }
      if let known = first[hash] { return known }
      first[hash] = row
      return row
    }
  }

  /// The first row of each distinct sample, ascending, and of each row the place of its sample among them; nil
  /// when no sample repeats.
  public static func distinct(in samples: any SampleSource) throws -> (first: [Int], places: [Int])?
  {
    guard let marks = try marks(of: samples) else { return nil }
    var (first, places, place): ([Int], [Int], [Int: Int]) = ([], [], [:])
    for (row, mark) in marks.enumerated() {
      if let mark, let known = place[mark] {
        places.append(known)
      } else {
        place[row] = first.count
        places.append(first.count)
        first.append(row)
      }
    }
    return first.count == marks.count ? nil : (first, places)
  }

  /// The groups that pairs form by sharing a sample of any modality (MATH §2), and warnings.
  ///
  /// Where that would put more than a tenth of the pairs into one group it is not done for that modality: then the
  /// repetition is a property of the samples, not of how they were paired.
  /// - Returns: nil when no sample repeats.
  /// - Throws: `Failure` when the samples cannot be read.
  public static func groups(of pairs: PairedData) throws -> (groups: Groups?, warnings: [String]) {
    var (lists, warnings): ([[Int?]], [String]) = ([], [])
    var groups: Groups?
    for modality in pairs.modalities {
      let samples = pairs[modality]
      guard canRepeat(samples.space) else { continue }
      let size = (samples.space.size ?? 64).multipliedReportingOverflow(by: 4 * samples.count)
      guard !size.overflow, size.partialValue <= largestSize else {
        warnings.append(
          "\(modality) is too large to look for samples that repeat: name groups of pairs that share one "
            + "with --groups, or say that there are none with --groups none")
        continue
      }
      guard let marks = try marks(of: samples) else { continue }
      let joined = Groups.joining(lists + [marks], count: pairs.count)
      guard 10 * joined.largest <= pairs.count else {
        let (row, count) = commonest(marks)
        warnings.append(
          "pairs that share a sample of \(modality) are not kept together, since more than a tenth of them would be "
            + "one group: \(count) of \(pairs.count) equal that of row \(pairs.fileRow(row)) — name groups with "
            + "--groups if they should be")
        continue
      }
      lists.append(marks)
      groups = joined
    }
    return (groups?.areTrivial == true ? nil : groups, warnings)
  }

  private static func commonest(_ marks: [Int?]) -> (row: Int, count: Int) {
    var counts: [Int: Int] = [:]
    for case let mark? in marks { counts[mark, default: 0] += 1 }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return (most?.key ?? 0, most?.value ?? 0)
  }

  private static func canRepeat(_ space: SampleSpace) -> Bool {
    switch space {
    case .labels: false
    case .real, .image: space.size ?? 0 >= 2
    case .text: true
    }
  }

  /// Of each row; nil for rows all of whose numbers are equal.
  private static func hashes(of block: Tensor, isText: Bool) -> [Int?] {
    let count = block.shape[0]
    return block.withBytes { bytes in
      let width = count == 0 ? 0 : bytes.count / count
      return (0..<count).map { row in
        var sample = UnsafeRawBufferPointer(
          rebasing: bytes[(row * width)..<((row + 1) * width)])
        guard isText || !isConstant(sample, elementSize: bytes.count / block.count) else {
          return nil
        }
        if isText {
          // Without the padding, which depends on the block.
          let length = sample.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
          sample = UnsafeRawBufferPointer(rebasing: sample[..<length])
        }
        var hasher = Hasher()
        hasher.combine(bytes: sample)
        return hasher.finalize()
      }
    }
  }

  /// Whether all numbers of a sample have the same bits: then, and only then, does it equal itself moved by one number.
  private static func isConstant(_ sample: UnsafeRawBufferPointer, elementSize: Int) -> Bool {
    guard let start = sample.baseAddress, sample.count > elementSize else { return true }
    return memcmp(start, start + elementSize, sample.count - elementSize) == 0
  }
}
