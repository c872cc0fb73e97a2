import CoupletCore
import Encoders
import Files
import Foundation
import Runs
import Training

/// Reads what each line of its input names, and answers `read`, or `refused` and the failure, and a line with a dot: a
/// process for scripts/mutate.py to feed. A line is one of
///
/// - `text FILE`: the file holds the text of a setting, which is tried as each kind of setting;
/// - `config FILE`: a `config.json`;
/// - `run DIR`: a run, which is opened, and gone on with up to its next step.
@main
struct SettingsProbe {
  static func main() throws {
    Formats.register()
    while let line = readLine() {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      do {
        switch parts[0] {
        case "text": try text(String(decoding: WholeFile.read(parts[1]), as: UTF8.self))
        case "config": try settings(parts[1])
        default: try run(parts[1])
        }
        print("read 1")
      } catch let failure as Failure {
        print("refused \(failure)")
      }
      print(".")
      fflush(nil)
    }
  }

  /// A text that one kind of setting takes is the same value when its own text is read again.
  private static func text(_ text: String) throws {
    var refusal: (any Error)?
    func attempt<Form: TextForm>(_: Form.Type) {
      do {
        let value = try Form(text)
        guard let again = try? Form(value.description), again == value else {
          fatalError("\(Form.self): '\(value)' is not read as what it is")
        }
      } catch {
        guard error is Failure else { fatalError("\(Form.self): \(error) is no failure") }
        refusal = error
      }
    }
    attempt(EncoderSettings.self)
    attempt(LossSettings.self)
    attempt(TiltingSettings.self)
    attempt(OptimizerChoice.self)
    attempt(Schedule.self)
    attempt(ReferenceSettings.self)
    attempt(Kernel.self)
    attempt(Temperature.Settings.self)
    attempt(PartSettings.self)
    if let refusal { throw refusal }
  }

  /// Settings that are taken come back from their own JSON.
  private static func settings(_ file: String) throws {
    let settings = try RunConfiguration(json: WholeFile.read(file), name: file)
    guard let json = try? JSONEncoder().encode(settings),
      let again = try? RunConfiguration(json: json), again == settings
    else { fatalError("the settings changed on their way") }
  }

  private static func run(_ path: String) throws {
    _ = try TrainedRun(path)
    let directory = try RunDirectory(opening: path)
    let settings = try directory.readSettings()
    let data = try settings.source().read(settings.reading ?? .init())
    try directory.readData()?.requireSame(data, reading: settings.reading)
    let training = try directory.parts(of: data, settings).training
    var steps = 0
    try settings.trainer().fit(
      settings.coupling(training: training), to: training, in: directory, resume: true,
      onEvent: { if case .step = $0 { steps += 1 } }, shouldStop: { steps > 0 })
  }
}
