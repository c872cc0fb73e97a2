import Files
import Samples

/// A table in several files: a folder of nothing but Parquet files, Feather files or CSV files of the same columns, whose rows
/// follow one another in the order of the names (2 before 10). Names that begin with a dot or an underscore are left out:
/// programs that write such folders keep their own records under them.
enum TableFolder {
  /// The files.
  /// - Throws: `Failure` when there is none, or one cannot be read.
  static func files(of folder: SampleFile) throws -> [SampleFile] {
    let names = try names(in: folder.path)
    guard !names.isEmpty else {
      throw Failure("the folder holds no tables", at: folder.path, remedy: "give a table")
    }
    return try names.map { try SampleFile("\(folder.path)/\($0)") }
  }

  /// Whether all files in a folder end in one of these suffixes, gzipped or not.
  static func isOne(_ folder: SampleFile, suffixes: [String]) -> Bool {
    guard folder.isFolder, let names = try? names(in: folder.path), !names.isEmpty else {
      return false
    }
    return names.allSatisfy { name in
      suffixes.contains {
        name.lowercased().hasSuffix($0) || name.lowercased().hasSuffix($0 + ".gz")
      }
    }
  }

  private static func names(in folder: String) throws -> [String] {
    Folder.counted(
      try Folder.names(in: folder).filter { !$0.hasPrefix(".") && !$0.hasPrefix("_") })
  }
}
