import Foundation

/// NumPy's `.npz` files: zip archives of `.npy` files, stored or deflated.
///
/// ```swift
/// try Npz.write(["u": u, "v": v], to: "pairs.npz")
/// let u = try Npz.read("pairs.npz")["u"]
/// ```
public enum Npz {
  /// Reads all arrays, by name (the members' names without `.npy`).
  /// - Throws: `Failure` naming the member that is damaged or rejected, or occurs twice.
  public static func read(
    _ path: String, requireFinite: Bool = false
  ) throws -> [String: NumericArray] {
    let file = try InputFile(path)
    var arrays: [String: NumericArray] = [:]
    let members = try ZipArchive.members(of: file)
    // Members may overlap in the file, so that a small one is large in memory.
    let total = members.reduce(0) { $0 &+ min($1.count, Int.max / max(1, members.count)) }
    try Memory.require(
      total, for: "the archive", at: .file(path), remedy: "read its arrays one by one")
    for member in members {
      let shownPath = "\(path)/\(member.name.quoted)"
      let contents = try ZipArchive.open(member, of: file, name: shownPath)
      var reader = ByteReader(contents, name: shownPath)
      let array = try Npy.decode(&reader)
      try contents.verify()
      if requireFinite { try array.requireFinite(name: shownPath) }
      let name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
      guard arrays.updateValue(array, forKey: name) == nil else {
        throw Failure("the name occurs twice", at: shownPath, remedy: "save the arrays again")
      }
    }
    return arrays
  }

  /// Writes arrays, atomically and sorted by name; equal arrays make equal files.
  /// - Throws: `Failure` when the file cannot be written.
  public static func write(
    _ arrays: [String: NumericArray], to path: String, compressed: Bool = false
  ) throws {
    try AtomicFile.write(to: path) { file in
      var writer = ZipArchive.Writer(file, path: path)
      for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
        try writer.add("\(name).npy", Npy.parts(of: array), compressed: compressed)
      }
      try writer.finish()
    }
  }
}
