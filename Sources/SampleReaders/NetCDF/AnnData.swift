import Files
import Samples

/// The elements of AnnData's files (https://anndata.readthedocs.io, "On-disk format"): dense and sparse matrices,
/// and columns of categories.
///
/// ```
/// FILE.h5ad:/X   FILE.h5ad:/layers/counts   FILE.h5ad:/obsm/X_pca   FILE.h5ad:/obs/cell_type
/// ```
enum AnnData {
  private static let known = ["csr_matrix", "csc_matrix", "categorical"]

  /// The groups that are read as one element, with shapes and encodings.
  static func elements(of file: NetCDFFile) -> [String] {
    file.groups.keys.sorted().compactMap { group in
      guard let type = file.text("encoding-type", ofGroup: group), known.contains(type) else {
        return nil
      }
      let shape =
        if case .numbers(let lengths, _)? = try? file.attribute("shape", ofGroup: group) {
          lengths.map(NumberText.of)
        } else {
          file.variable("\(group)/codes")?.shape.map(String.init) ?? []
        }
      return "\(group) (\(shape.joined(separator: " × ")), \(type))"
    }
  }

  /// Whether a variable is a part of an element: the indices of a matrix, the names of categories.
  static func isPart(_ variable: String, of file: NetCDFFile) -> Bool {
    guard let slash = variable.lastIndex(of: "/") else { return false }
    let type = file.text("encoding-type", ofGroup: String(variable[..<slash])) ?? ""
    return known.contains(type) || type.hasPrefix("nullable-")
  }

  /// - Throws: `Failure` when the group is no such element, or its parts do not fit together.
  static func decode(
    group: String, of file: NetCDFFile, _ options: SampleOptions, _ sink: any RowSink
  ) throws -> Decoded {
    switch file.text("encoding-type", ofGroup: group) {
    case "csr_matrix":
      return try SparseMatrix(group, byRows: true, of: file).write(to: sink, options)
    case "csc_matrix":
      return try SparseMatrix(group, byRows: false, of: file).write(to: sink, options)
    case "categorical":
      return try categories(
        codes: try file.required("\(group)/codes"), names: try file.required("\(group)/categories"),
        of: file, options, name: group)
    case let type:
      let members = file.variables.map(\.name).filter { $0.hasPrefix(group + "/") }
      throw Failure(
        "'\(group)' is a group\(type.map { " of the encoding '\($0)'" } ?? ""), not one array",
        at: file.path, remedy: "give one of \(NetCDFFile.list(members))")
    }
  }

  /// Columns of categories as AnnData 0.7 wrote them: codes, and names of the same name under `__categories`; nil for
  /// other variables.
  static func decodeOldCategories(
    _ variable: NetCDFFile.Variable, of file: NetCDFFile, _ options: SampleOptions
  ) throws -> Decoded? {
    guard let slash = variable.name.lastIndex(of: "/"),
      let names = file.variable(
        "\(variable.name[..<slash])/__categories/\(variable.ownName)")
    else { return nil }
    return try categories(codes: variable, names: names, of: file, options, name: variable.name)
  }

  private static func categories(
    codes: NetCDFFile.Variable, names: NetCDFFile.Variable, of file: NetCDFFile,
    _ options: SampleOptions, name: String
  ) throws -> Decoded {
    guard codes.shape.count == 1, codes.type?.isText == false,
      codes.type?.isFloatingPoint == false, names.shape.count == 1, names.type != nil
    else {
      throw Failure(
        "codes and categories of '\(name)' are not two vectors", at: file.path,
        remedy: "write the column with AnnData again")
    }
    let labels =
      names.isText ? try file.texts(names) : try file.values(names).map { NumberText.of($0) }
    guard Set(labels).count == labels.count else {
      throw Failure(
        "two categories of '\(name)' have one name", at: file.path, remedy: "write different names")
    }
    var missing: [Int] = []
    let places = try file.integers(codes, start: [0], count: codes.shape).enumerated().map {
      row, code in
      guard code < labels.count, code >= -1 else {
        throw Failure(
          "the code \(code) names none of the \(labels.count) categories",
          at: "\(file.path):\(name) (row \(row))", remedy: "write the column with AnnData again")
      }
      if code == -1 {
        try NetCDFDecoder.requireDrop(
          options, "the label is missing", "\(file.path):\(name) (row \(row))")
        missing.append(row)
      }
      return max(code, 0)
    }
    return Decoded(samples: .labels(LabelSet(labels), places), missingRows: missing)
  }
}

/// Numbers as names.
private enum NumberText {
  /// Whole numbers without a fraction.
  static func of(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? "\(value)" }
}
