import Datasets

extension DataSource: Codable {
  private enum Key: String, CodingKey { case u, v }

  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      self = .files(
        u: try container.decode(String.self, forKey: .u),
        v: try container.decode(String.self, forKey: .v))
    } else {
      try self.init(decoder.singleValueContainer().decode(String.self))
    }
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    if case .files(let u, let v) = self {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(u, forKey: .u)
      try container.encode(v, forKey: .v)
    } else {
      var container = encoder.singleValueContainer()
      try container.encode(description)
    }
  }
}
