import Files
import Foundation
import Samples

/// A column of text that holds paths of images, relative to the table's folder; they are read as those of a folder are
/// (`ImageFiles`).
///
/// It is taken for one where that is asked for, or where every cell ends as the name of an image and is one of a file.
struct ImageColumn {
  /// What the column holds; missing ones are copies of another.
  let cells: [String]
  let missingRows: [Int]
  let file: SampleFile

  /// The images; nil where the column is taken for text.
  /// - Throws: `Failure` naming row and path of the first that is no image.
  func read(_ options: SampleOptions) throws -> (any SampleSource)? {
    guard options.space == .image || options.space == nil && cells.allSatisfy(ImageFiles.isNamed)
    else { return nil }
    let folder = file.path.lastIndex(of: "/").map { file.path[...$0] } ?? ""
    let paths = cells.map { $0.hasPrefix("/") ? $0 : folder + $0 }
    if options.space == nil,
      let row = paths.firstIndex(where: { !FileManager.default.fileExists(atPath: $0) })
    {
      options.report(
        "\(file.name): names of images, but there is no \(paths[row]) (row \(row)): taken for text")
      return nil
    }
    let images = try ImageFiles(paths, size: options.imageSize, name: file.name)
    return missingRows.isEmpty ? images : IncompleteSamples(images, missingRows)
  }
}
