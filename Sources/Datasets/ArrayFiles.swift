import Couplet
import Files
import Foundation

/// Pairs in `.npy` files: row i of one file belongs to row i of the other.
enum ArrayFiles {
  /// `u.npy` and `v.npy` of a folder, and `u-test.npy` and `v-test.npy` when either is there.
  static func read(folder: String, name: String) throws -> Dataset {
    let hasTest = ["u-test.npy", "v-test.npy"]
      .contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
    return try dataset(
      name: name, training: (existing("u.npy", in: folder), existing("v.npy", in: folder)),
      test: hasTest ? (existing("u-test.npy", in: folder), existing("v-test.npy", in: folder)) : nil
    )
  }

  static func read(u: String, v: String, name: String) throws -> Dataset {
    try dataset(name: name, training: (u, v), test: nil)
  }

  private static func dataset(
    name: String, training: (u: String, v: String), test: (u: String, v: String)?
  ) throws -> Dataset {
    let pairs = try self.pairs(training)
    return try Dataset(
      name: name, training: pairs, test: try test.map(self.pairs),
      u: try space(of: pairs.u, at: training.u), v: try space(of: pairs.v, at: training.v))
  }

  private static func pairs(_ paths: (u: String, v: String)) throws -> PairedData {
    let (u, v) = (try samples(paths.u), try samples(paths.v))
    try requireEqualCounts(u, paths.u, v, paths.v)
    return try PairedData(u: u, v: v)
  }

  /// The samples of a file: int64 labels, or float32.
  static func samples(_ path: String) throws -> Tensor {
    let array = try Npy.read(path, requireFinite: true)
    guard array.rank > 0, array.shape[0] > 0 else {
      throw Failure(
        "the shape \(array.shape) holds no samples", at: path,
        remedy: "store the samples along the first axis")
    }
    if array.rank == 1 && !array.elementType.isFloatingPoint {
      return Tensor(try array.integers(name: path))
    }
    if array.elementType == .float32 { return try Tensor(array, name: path) }
    let rounded = NumericArray(array.floats(), shape: array.shape)
    try rounded.requireFinite(name: "\(path) as float32")
    return try Tensor(rounded, name: path)
  }

  /// The space that training samples span. As many labels as samples would leave nothing to learn, and a
  /// stray huge one would ask for memory without bound, so labels count from 0 and stay below N.
  private static func space(of data: Tensor, at path: String) throws -> SampleSpace {
    guard data.dtype == .int64 else { return .real(shape: Array(data.shape.dropFirst())) }
    try SampleSpace.labels(classes: data.count).requireHolds(data, at: path)
    return .labels(classes: Int(data.max().item()) + 1)
  }

  private static func existing(_ file: String, in folder: String) throws -> String {
    let path = "\(folder)/\(file)"
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(
        "there is no \(file)", at: folder,
        remedy: "pairs are u.npy and v.npy, and for tests u-test.npy and v-test.npy")
    }
    return path
  }
}

/// - Throws: `Failure` naming both files when their numbers of samples differ.
func requireEqualCounts(
  _ first: Tensor, _ firstPath: String, _ second: Tensor, _ secondPath: String
)
  throws
{
  guard first.shape[0] != second.shape[0] else { return }
  throw Failure(
    "\(first.shape[0]) samples, but \(second.shape[0]) in \(secondPath)", at: firstPath,
    remedy: "give files of which row i of one belongs to row i of the other")
}
