import Couplet
import Files
import SampleReaders
import Samples

/// Samples of one modality in a file of their own.
public enum SampleFile {
  /// Reads `.npy`, or IDX images (gzipped or not) as brightnesses in [0, 1] and IDX vectors as labels,
  /// or the trajectories of a NetCDF file (`.nc`), N × J × 2.
  /// - Throws: `Failure` naming the file, and the place in it, of anything missing or damaged.
  public static func read(_ path: String) throws -> Tensor {
    if path.hasSuffix(".nc") {
      SampleReaders.register()
      return try SampleFormats.read(path).all()
    }
    guard path.contains("-ubyte") else { return try ArrayFiles.samples(path) }
    let samples = try Tensor(try IDX.read(path), name: path)
    return samples.rank == 1 ? samples.to(.int64) : samples.to(.float32) / 255
  }
}
