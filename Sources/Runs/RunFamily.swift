import Files
import Foundation
import Training

/// Several runs of the same settings in one folder, which differ in what is drawn at random but for their parts: `member-1`,
/// `member-2`, … with `members.json`, which says how many there are to be. The conditional of all of them is the average of
/// theirs.
///
/// ```swift
/// try RunFamily.expanded(["runs/five", "runs/other"])   // ["runs/five/member-1", …, "runs/other"]
/// ```
public struct RunFamily: Codable, Equatable, Sendable {
  /// How many there are to be.
  public let members: Int

  private static func file(_ path: String) -> String { "\(path)/\(RunDirectory.familyFile)" }

  /// The folder of the k-th, from 1 on.
  public static func folder(_ member: Int, in path: String) -> String { "\(path)/member-\(member)" }

  /// The family in a folder; nil where there is none.
  /// - Throws: `Failure` when its file is damaged.
  public init?(at path: String) throws {
    guard
      let family = try RunDirectory(at: path).readIfPresent(RunFamily.self, Self.file(path))
    else { return nil }
    guard family.members >= 1 else {
      throw Failure("there are no members", at: Self.file(path), remedy: "train again")
    }
    self = family
  }

  /// A family of so many.
  public init(members: Int) { self.members = members }

  /// Makes the folder of the family, unless it is there.
  /// - Throws: `Failure` when it holds a run or another family already, or cannot be made.
  public func make(at path: String) throws {
    if try RunFamily(at: path) == self { return }
    for name in ["config.json", RunDirectory.familyFile]
    where FileManager.default.fileExists(atPath: "\(path)/\(name)") {
      throw Failure(
        "the folder already holds \(name == "config.json" ? "a run" : "runs")", at: path,
        remedy: "choose another folder, or go on with it: --resume")
    }
    try Folder.make(path)
    try AtomicFile.write(json: self, to: Self.file(path))
  }

  /// Whether all members of a trained family have the same weights, so that their average is one of them.
  /// - Throws: `Failure` when a model cannot be read.
  public func isOfEquals(at path: String) throws -> Bool {
    func weights(_ member: Int) throws -> [Safetensors.Entry] {
      try Safetensors.read(RunDirectory(at: Self.folder(member, in: path)).modelFile).entries
    }
    let first = try weights(1)
    return try members > 1 && (2...members).allSatisfy { try weights($0) == first }
  }

  /// Paths of runs, with those of the members in place of a family.
  /// - Throws: `Failure` when a family is damaged or not trained to its end.
  public static func expanded(_ paths: [String]) throws -> [String] {
    try paths.flatMap { path in
      guard let family = try RunFamily(at: path) else { return [path] }
      let members = (1...family.members).map { folder($0, in: path) }
      for member in members
      where !FileManager.default.fileExists(atPath: "\(member)/model.safetensors") {
        throw Failure(
          "not all of \(family.members) members are trained", at: path,
          remedy: "go on with couplet train --resume --out \(path)")
      }
      return members
    }
  }
}
