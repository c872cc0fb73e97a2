import Files
import Foundation
import Samples
import Synchronization

/// Where NetCDF and HDF5 files are decoded.
///
/// libhdf5 is not proof against damaged files: some corrupt the memory of the process that reads them. The command
/// therefore reads all of them in a process of its own, which alone is lost then. A program that uses the library reads
/// them in its own process unless it says otherwise, and must trust its files.
///
/// ```swift
/// // First of all in main.swift; the process starts this program anew with one argument of its own.
/// NetCDFDecoding.useOwnProcess()
/// ```
public enum NetCDFDecoding {
  /// The first argument of a process that decodes.
  private static let word = "__decode-netcdf"

  /// The program to start; nil where files are decoded in this process.
  private static let program = Mutex<String?>(nil)

  /// Has all files decoded in processes of their own from now on, which start this very program; in such a process it
  /// decodes, and does not return. To be called before anything else is done.
  public static func useOwnProcess() {
    let arguments = CommandLine.arguments
    if arguments.count == 3, arguments[1] == word { DecodingProcess.serve(arguments[2]) }
    #if os(Linux)
      let path: String? = "/proc/self/exe"
    #else
      let path = Bundle.main.executablePath
    #endif
    program.withLock { $0 = path }
  }

  /// What a file holds of a request; nothing where the attribute is not there that it asks for.
  /// - Throws: `Failure` naming the file, and variable, attribute or value, of anything missing, unclear or damaged.
  static func read(
    _ request: NetCDFRequest, report: @escaping @Sendable (String) -> Void
  ) throws -> (text: String?, contents: [NetCDFContent]) {
    if let program = program.withLock({ $0 }) {
      let process = try DecodingProcess(
        program, [word, request.text], file: request.path,
        limit: DecodingProcess.limit(forBytes: try Extent.fileSize(request.path)))
      return try process.answer(to: request, report: report)
    }
    let text = try request.attribute.map { try NetCDFFile(request.path).text($0) }
    if case .some(nil) = text { return (nil, []) }
    return (
      text ?? nil,
      try request.members.map { member in
        let sink = DecodedSink(name: request.name(of: member))
        let decoded = try NetCDFDecoder.decode(
          request.path, member: member, request.options(report), into: sink)
        return NetCDFContent(
          decoded: decoded, rows: decoded.samples == .numbers ? try sink.finish() : nil)
      }
    )
  }

  /// The text of an attribute of a file, and the numbers of variables along their first axis; without the attribute
  /// neither.
  /// - Throws: `Failure` when the file is damaged, or a variable is not there or holds no numbers.
  package static func read(_ path: String, attribute: String, variables: [String]) throws -> (
    text: String?, rows: [StoredRows]
  ) {
    var request = NetCDFRequest(path, members: variables, SampleOptions(space: .real))
    request.attribute = attribute
    let (text, contents) = try read(request) { _ in }
    return (
      text,
      try zip(variables, contents).map { name, content in
        guard let rows = content.rows else {
          throw Failure("'\(name)' holds no numbers", at: path, remedy: "write the file again")
        }
        return rows
      }
    )
  }
}

/// What was decoded; with rows where it is numbers.
struct NetCDFContent {
  let decoded: Decoded
  let rows: StoredRows?
}

/// What is asked of a file, as it is handed to another process.
struct NetCDFRequest: Codable {
  let path: String
  let members: [String?]
  var attribute: String?
  private let space: SampleOptions.SpaceChoice?
  private let missing: SampleOptions.MissingValues
  private let fill: SampleFill?

  init(_ path: String, members: [String?], _ options: SampleOptions) {
    (self.path, self.members) = (path, members)
    (space, missing, fill) = (options.space, options.missing, options.fill)
  }

  init(text: String) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }

  func options(_ report: @escaping @Sendable (String) -> Void) -> SampleOptions {
    SampleOptions(space: space, missing: missing, fill: fill, report: report)
  }

  /// As the user wrote it.
  func name(of member: String?) -> String { member.map { "\(path):\($0)" } ?? path }

  var text: String {
    // Texts, and means that are finite: always JSON.
    String(decoding: (try? JSONEncoder().encode(self)) ?? Data(), as: UTF8.self)
  }
}
