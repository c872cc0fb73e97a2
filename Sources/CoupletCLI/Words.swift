import Foundation

/// The words of the command line.
enum Words {
  /// Without the program's name; nil when one, or the name of the current folder, is not UTF-8: repaired, it would be the
  /// name of another file.
  static var given: [String]? {
    var folder = [CChar](repeating: 0, count: Int(PATH_MAX))
    let isNamed = getcwd(&folder, folder.count) == nil || text(folder) != nil
    // Swift's own list of the arguments is repaired already.
    let words = (1..<max(1, Int(CommandLine.argc))).map { place in
      CommandLine.unsafeArgv[place].flatMap { String(validatingCString: $0) }
    }
    return isNamed && !words.contains(nil) ? words.compactMap { $0 } : nil
  }

  private static func text(_ characters: [CChar]) -> String? {
    String(validating: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
