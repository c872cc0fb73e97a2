import Arguments
import Files
import Foundation
import Runs
import Training

extension ParsedArguments {
  /// Refuses to write over the data that a run was trained on, without which it can be neither evaluated nor trained further.
  func requireKept(dataOf run: TrainedRun) throws {
    guard !written.isEmpty,
      let record = try RunDirectory(opening: run.path).readData()
    else { return }
    for (option, path) in written {
      let lost = (record.files + [record.groups].compactMap(\.self)).first {
        Folder.areSame($0.path, path)
          || Folder.exists($0.path) && Folder.areSame($0.path, Folder.parent(of: path))
      }
      guard let lost, FileManager.default.fileExists(atPath: path) else { continue }
      throw UsageError(
        "the run was trained on \(lost.path), which would be overwritten",
        at: .setting(option, value: path), remedy: "name another file")
    }
  }
}
