import Arguments
import CoupletCore
import Files
import Foundation
import SampleReaders
import Torch

// Before anything else: this may be the process that decodes a file.
NetCDFDecoding.useOwnProcess()
Signals.becomeErrors()
guard let words = Words.given else {
  Console.report(
    "couplet: error: an argument, or the name of the current folder, is not UTF-8 — rename the file or folder"
  )
  exit(64)
}
// Which of a command's options take memory.
let remedy =
  switch words.first {
  case "train": "use a smaller batch (--batch), smaller chunks (--chunk), or smaller encoders"
  case "finetune": "use a smaller batch (--batch), or fewer samples"
  default: "give fewer samples, or use a machine with more memory"
  }
Runtime.whenMemoryIsExhausted {
  Console.report("couplet: error: \($0) — \(remedy)")
}
// Of several processes that are started together (mpirun), all carry out what they can share; everything else one does.
if !Ranks.isFirst, !Ranks.commands.contains(words.first ?? "") { exit(0) }
let status = couplet.run(words, output: Console.write) { line in
  guard let launched = Communicator.launchedRank else { return Console.report(line) }
  // What all ranks find wrong the first one says; by then the others are ended.
  if launched > 0 { Thread.sleep(forTimeInterval: 0.5) }
  Console.report(
    line.replacing("couplet: ", with: "couplet: rank \(launched): ", maxReplacements: 1))
}
// Of a list that nobody reads any more, the other ranks must not go on making the rest.
Communicator.end(status: status, whileOthersWork: Console.isClosed)
exit(status)
