import Foundation

exit(
  couplet.run(
    Array(CommandLine.arguments.dropFirst()), output: Console.write, error: Console.report))
