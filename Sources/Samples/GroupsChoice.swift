import Files

/// Where the groups of pairs come from (MATH §2): what a command line says after `--groups`.
///
/// | text | groups |
/// |---|---|
/// | `FILE[:MEMBER]` | pairs with equal values in this file: labels, text or numbers, one for each pair |
/// | a name | the same in the column of that name of a side's table |
/// | `none` | each pair is on its own, whether samples repeat or not |
public struct GroupsChoice: Codable, Hashable, Sendable, CustomStringConvertible {
  /// As the user wrote it.
  public let description: String

  /// - Parameter text: one of the forms above.
  public init(_ text: String) { description = text }

  /// Each pair is on its own.
  public static var none: GroupsChoice { GroupsChoice("none") }

  /// From the text.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  /// As the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// The file that is named; nil where it is a column or none.
  public var file: String? {
    guard self != .none, let file = try? SampleFile(description) else { return nil }
    return file.path
  }

  /// The groups of pairs.
  /// - Parameters:
  ///   - tables: in which a column may have the name.
  ///   - header: whether a table's first row holds names; found from it when nil.
  /// - Throws: `Failure` when there is neither such a file nor such a column, or not one value for each pair.
  func groups(of pairs: PairedData, tables: [String], header: Bool?) throws -> Groups? {
    guard self != .none else { return nil }
    let values = try values(in: tables, header)
    guard values.count == pairs.count else {
      throw Failure(
        "\(values.count) groups for \(pairs.count) pairs", at: values.name,
        remedy: "give one value for each pair")
    }
    return Groups(values.places)
  }

  private func values(in tables: [String], _ header: Bool?) throws -> LabelSamples {
    if file != nil { return try read(description, header) }
    var members: [String] = []
    for table in tables {
      guard let path = try? SampleFile(table).path, !members.contains("\(path):\(description)")
      else {
        continue
      }
      members.append("\(path):\(description)")
    }
    for member in members {
      if let values = try? read(member, header) { return values }
    }
    throw Failure(
      "there is no file '\(description)', and no column of that name in "
        + tables.joined(separator: " or "), at: .setting("groups"),
      remedy: "give a file with a value for each pair, the name of a column, or none")
  }

  private func read(_ text: String, _ header: Bool?) throws -> LabelSamples {
    let samples = try SampleFormats.read(text, SampleOptions(space: .labels, hasHeader: header))
    guard let labels = samples as? LabelSamples, labels.missingRows.isEmpty else {
      throw Failure(
        "this does not say of each pair which group it is in", at: samples.name,
        remedy: "give a column of labels, text or whole numbers, one for each pair")
    }
    return labels
  }
}
