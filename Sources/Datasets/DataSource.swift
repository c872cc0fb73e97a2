import Couplet
import Files
import Foundation

/// Where data come from: what a command line says after `--data`, or after `--u` and `--v`.
///
/// | text | data |
/// |---|---|
/// | `mnist:DIR` | `MNIST`: the four IDX files of MNIST, or of another set with the same names |
/// | `gaussian-field:DIR` | what `GaussianField.Simulation` wrote |
/// | `ocean:DIR` | what `Ocean.Simulation` wrote |
/// | `DIR` | `u.npy` and `v.npy`, and `u-test.npy` and `v-test.npy` where there are test pairs |
///
/// In `.npy` files the first axis counts the samples. A vector of integers holds labels 0, 1, 2, …;
/// everything else is read as float32.
public enum DataSource: Hashable, Sendable {
  case mnist(String)
  case gaussianField(String)
  case ocean(String)
  case folder(String)
  case files(u: String, v: String)

  /// - Throws: `Failure` when the text is not one of the forms above.
  public init(_ text: String) throws {
    let fields = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = fields.count == 2 ? String(fields[1]) : ""
    switch (fields[0], rest.isEmpty) {
    case ("mnist", false): self = .mnist(rest)
    case ("gaussian-field", false): self = .gaussianField(rest)
    case ("ocean", false): self = .ocean(rest)
    case _ where isFolder(text): self = .folder(text)
    default:
      throw Failure(
        "'\(text)' is neither a kind of data nor a folder",
        remedy: "use mnist:DIR, gaussian-field:DIR, ocean:DIR, or a folder with u.npy and v.npy")
    }
  }

  /// - Throws: `Failure` naming the file, and the place in it, of anything missing or damaged.
  public func read() throws -> Dataset {
    switch self {
    case .mnist(let folder): try MNIST.read(folder)
    case .gaussianField(let folder): try GaussianField.Simulation.read(folder).data
    case .ocean(let folder): try Ocean.Simulation.read(folder).data
    case .folder(let folder): try ArrayFiles.read(folder: folder, name: description)
    case .files(let u, let v): try ArrayFiles.read(u: u, v: v, name: description)
    }
  }
}

extension DataSource: CustomStringConvertible {
  public var description: String {
    switch self {
    case .mnist(let folder): "mnist:\(folder)"
    case .gaussianField(let folder): "gaussian-field:\(folder)"
    case .ocean(let folder): "ocean:\(folder)"
    case .folder(let folder): folder
    case .files(let u, let v): "\(u) and \(v)"
    }
  }
}

func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}
