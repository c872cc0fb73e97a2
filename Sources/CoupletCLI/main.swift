import Arguments
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
exit(couplet.run(words, output: Console.write, error: Console.report))
