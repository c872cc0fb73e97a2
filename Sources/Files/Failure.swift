/// What went wrong with the world — a file, data, a configuration, a device — as one line that
/// says what happened, where, and what to do about it.
///
/// Programmer errors (shapes that do not fit) trap instead; see `Torch`.
///
/// ```swift
/// throw Failure("wrong magic number 0x1f8b0808", at: .file("train-images", offset: 0),
///               remedy: "pass an IDX image file")
/// // train-images (offset 0): wrong magic number 0x1f8b0808 — pass an IDX image file
/// ```
public struct Failure: Error, Equatable, Sendable, Codable, CustomStringConvertible {
  /// What is wrong.
  public let what: String
  /// Where it is wrong.
  public let place: Place
  /// What the user can do. A setting's key stands in backquotes, and the command prints the option that sets it.
  public let remedy: String

  /// - Parameters:
  ///   - what: what is wrong.
  ///   - place: where it is wrong.
  ///   - remedy: what the user can do.
  public init(_ what: String, at place: Place = .none, remedy: String) {
    self.what = what
    self.place = place
    self.remedy = remedy
  }

  /// - Parameter path: of the file where it is wrong.
  public init(_ what: String, at path: String, remedy: String) {
    self.init(what, at: Place(path: path), remedy: remedy)
  }

  /// The same failure somewhere else.
  public func at(_ place: Place) -> Failure { Failure(what, at: place, remedy: remedy) }

  /// What `body` returns; a failure of it that has no place is at this one.
  /// - Throws: what `body` throws, with this place where it has none.
  public static func at<Result>(_ place: Place, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let failure as Failure where failure.place == .none {
      throw failure.at(place)
    }
  }

  /// `where: what — what to do`, in one line, whatever is quoted of a file.
  public var description: String {
    (place == .none ? "" : "\(place): ").printable(Failure.longestPart)
      + what.printable(Failure.longestPart)
      + (remedy.isEmpty ? "" : " — \(remedy)").printable(Failure.longestPart)
  }

  /// Longer parts of a message are shown without their middle.
  public static let longestPart = 600
}
