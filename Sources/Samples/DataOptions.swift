/// How pairs are to be read, where their files leave a choice: what the options `--space`, `--header`, `--missing` and
/// `--groups` say, and what `config.json` keeps of it.
public struct DataOptions: Codable, Equatable, Sendable {
  /// What a modality, by its name, is taken for; found from the data where nothing is said.
  public var space: [String: SampleOptions.SpaceChoice]?
  /// Whether the first row of a table holds names; found from the data when nil.
  public var header: Bool?
  /// What is done about missing values; refused when nil.
  public var missing: SampleOptions.MissingValues?
  /// What missing values of a modality, by its name, are filled with; with the means of the file when nil.
  public var fills: [String: SampleFill]?
  /// Which pairs share a partner; found from samples that repeat when nil.
  public var groups: GroupsChoice?

  /// Options of which nothing is said unless given.
  public init(
    space: [String: SampleOptions.SpaceChoice]? = nil, header: Bool? = nil,
    missing: SampleOptions.MissingValues? = nil, groups: GroupsChoice? = nil,
    fills: [String: SampleFill]? = nil
  ) {
    self.space = space
    self.header = header
    self.missing = missing
    self.groups = groups
    self.fills = fills
  }

  /// These options, and what `other` says where they say nothing.
  public func over(_ other: DataOptions?) -> DataOptions {
    DataOptions(
      space: (other?.space ?? [:]).merging(space ?? [:]) { $1 }.nonEmpty,
      header: header ?? other?.header, missing: missing ?? other?.missing,
      groups: groups ?? other?.groups,
      fills: fills ?? other?.fills)
  }

  /// These options with what was filled into `pairs`, for further data.
  public func filling(as pairs: PairedData) -> DataOptions {
    var options = self
    for modality in pairs.modalities {
      guard let fill = pairs[modality].fill else { continue }
      options.fills = (options.fills ?? [:]).merging([modality.name: fill]) { $1 }
    }
    return options
  }

  /// What holds for the samples of one modality.
  /// - Parameter report: told what was assumed, one line each.
  public func samples(
    of modality: Modality, report: @escaping @Sendable (String) -> Void = { _ in }
  ) -> SampleOptions {
    SampleOptions(
      space: space?[modality.name], hasHeader: header, missing: missing ?? .refuse,
      fill: fills?[modality.name], report: report)
  }
}

extension Dictionary {
  fileprivate var nonEmpty: Dictionary? { isEmpty ? nil : self }
}
