import Arguments
import Runs

/// The command `couplet`.
let couplet: Program = .init(
  Command(
    "couplet",
    "Learns from pairs (u, v) how the two go together, and answers with it: which u belong to this v, which label, what could u be given v, and how far to trust that.",
    discussion: """
      A first run, without any data of your own: 'couplet simulate gaussian-field' writes pairs, \
      'couplet train' learns a coupling from them into a run directory, and 'couplet evaluate' \
      says how good it is.

      Results go to standard output, as one JSON object with --json; progress and warnings go to \
      standard error. The status is 0, 1 after a failure while working, or 64 for wrong usage.
      """,
    subcommands: [
      Simulate.command, Train.command, Tune.command, Compare.command, Evaluate.command,
      Retrieve.command, Classify.command, Sample.command, Embed.command, Export.command,
      Finetune.command, Score.command, Theory.command, InformationCommand.command,
      Reproduce.command, Doctor.command,
      Completion.command, Manual.command,
    ]),
  version: CoupletVersion.current, common: Common.arguments)
