import Files
import Torch

/// Samples that repeat exactly.
///
/// Images, texts and vectors of two or more coordinates that are equal to the last bit are one sample that occurs
/// several times. Labels and single numbers repeat by chance, and so do rows all of whose numbers are equal (a blank
/// image, a vector of zeros): they never count.
public enum Repeats {
  /// Data larger than this are not searched.
  static let largestSize = 1 << 30

  /// For each row the number of the first row with the same sample; nil where repetition means nothing.
  /// - Throws: `Failure` when the samples cannot be read.
  public static func marks(of samples: any SampleSource) throws -> [Int?]? {
    guard canRepeat(samples.space) else { return nil }
    var first: [Digest: Int] = [:]
    var marks: [Int?] = []
    marks.reserveCapacity(samples.count)
    try samples.forEachBlock(of: 4096) { range, block in
      for (offset, digest) in digests(of: block, isText: samples.space == .text).enumerated() {
        guard let digest else {
          marks.append(nil)
          continue
        }
        let row = range.lowerBound + offset
        marks.append(first[digest, default: row])
        if marks[row] == row { first[digest] = row }
      }
    }
    return marks
  }

  /// The groups that pairs form by sharing a sample of any modality (MATH §2), and warnings.
  ///
  /// Where that would put more than a tenth of the pairs into one group it is not done for that modality: then the
  /// repetition is a property of the samples, not of how they were paired.
  /// - Returns: nil when no sample repeats.
  /// - Throws: `Failure` when the samples cannot be read.
  public static func groups(of pairs: PairedData) throws -> (groups: Groups?, warnings: [String]) {
    var (lists, warnings): ([[Int?]], [String]) = ([], [])
    for modality in pairs.modalities {
      let samples = pairs[modality]
      let size = (samples.space.size ?? 64).multipliedReportingOverflow(by: 4 * samples.count)
      guard canRepeat(samples.space) else { continue }
      guard !size.overflow, size.partialValue <= largestSize else {
        warnings.append(
          "\(modality) is too large to look for samples that repeat: name groups of pairs that share one "
            + "with --groups")
        continue
      }
      guard let marks = try marks(of: samples) else { continue }
      var counts: [Int: Int] = [:]
      for case let mark? in marks { counts[mark, default: 0] += 1 }
      guard let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), most.value > 1
      else { continue }
      if 10 * most.value > pairs.count {
        warnings.append(
          "\(most.value) of \(pairs.count) samples of \(modality) equal that of row \(most.key): pairs that "
            + "share a sample of \(modality) are not kept together; name groups with --groups if they should be"
        )
        continue
      }
      lists.append(marks)
    }
    let groups = lists.isEmpty ? nil : Groups.joining(lists, count: pairs.count)
    return (groups?.areTrivial == true ? nil : groups, warnings)
  }

  private static func canRepeat(_ space: SampleSpace) -> Bool {
    switch space {
    case .labels: false
    case .real, .image: space.size ?? 0 >= 2
    case .text: true
    }
  }

  /// 128 bits of a sample's bytes.
  private struct Digest: Hashable {
    let first: Int
    let second: Int
  }

  /// Of each row; nil for rows all of whose numbers are equal.
  private static func digests(of block: Tensor, isText: Bool) -> [Digest?] {
    let count = block.shape[0]
    let rows = block.reshaped([count, -1])
    let constant =
      isText
      ? [Bool](repeating: false, count: count)
      : rows.equal(to: rows.narrow(dim: 1, 0..<1)).to(.float64).mean(dim: 1).array(Double.self)
        .map { $0 == 1 }
    return rows.contiguous().withBytes { bytes in
      let width = count == 0 ? 0 : bytes.count / count
      return (0..<count).map { row in
        guard !constant[row] else { return nil }
        var sample = UnsafeRawBufferPointer(
          rebasing: bytes[(row * width)..<((row + 1) * width)])
        if isText {
          // Without the padding, which depends on the block.
          let length = sample.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
          sample = UnsafeRawBufferPointer(rebasing: sample[..<length])
        }
        var (first, second) = (Hasher(), Hasher())
        first.combine(bytes: sample)
        second.combine(1)
        second.combine(bytes: sample)
        return Digest(first: first.finalize(), second: second.finalize())
      }
    }
  }
}
