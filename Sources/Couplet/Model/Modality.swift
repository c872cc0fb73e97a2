/// One of the two kinds of data that a coupling links.
public enum Modality: String, Sendable, CaseIterable, Codable {
  case u, v

  /// The other one.
  public var partner: Modality { self == .u ? .v : .u }
}
