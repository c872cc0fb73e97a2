import Files

/// The files that a command wrote, by what they hold.
struct WrittenFiles: CommandResult {
  private let files: Named<String>

  init(_ files: [(name: String, path: String)]) {
    self.files = Named(files.map { ($0.name, $0.path) })
  }

  func encode(to encoder: any Encoder) throws { try files.encode(to: encoder) }

  var text: String { files.members.map { "\($0.value)\n" }.joined() }

  /// In one line, with the effective sample sizes of draws for some conditions.
  /// - Parameter source: of the draws, for people.
  func text(of source: String, sizes: [Double]) -> String {
    files.members.map(\.value).joined(separator: ", ")
      + ": \(sizes.count.counted("condition")), \(source); "
      + "effective sample size \(sizes.prefix(8).map(\.short).joined(separator: ", "))"
      + (sizes.count > 8 ? ", …\n" : "\n")
  }
}
