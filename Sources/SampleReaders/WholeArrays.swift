import Files
import Samples
import Torch

/// Arrays that are read whole.
struct WholeArrays: SampleReader {
  var name: String { "NumPy array (.npy)" }
  var suffixes: [String] { [".npy"] }

  func recognizes(_ file: SampleFile) -> Bool { file.begins(with: [0x93] + Array("NUMPY".utf8)) }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    let array = try Npy.read(file.path, requireFinite: true)
    guard array.rank > 0, array.shape[0] > 0 else {
      throw Failure(
        "the shape \(array.shape) holds no samples", at: file.path,
        remedy: "store the samples along the first axis")
    }
    let tensor = try Tensor(array, name: file.path)
    return .numbers(
      TensorSamples(
        tensor, space: .real(shape: Array(tensor.shape.dropFirst())), name: file.name))
  }
}
