import Foundation

/// How far a long computation is, on standard error: a bar with rate and time left on a terminal,
/// plain lines ever further apart otherwise, nothing when quiet.
///
/// ```swift
/// let progress = Progress(.standard(quiet: false), unit: "pairs")
/// progress.update(512, of: 60_000, note: "epoch 1, loss 3.21")
/// progress.end()
/// ```
final class Progress {
  enum Style {
    case bar, lines, silent

    /// A bar when standard error is a terminal, lines otherwise.
    static func standard(quiet: Bool) -> Style {
      quiet ? .silent : isatty(STDERR_FILENO) == 1 ? .bar : .lines
    }
  }

  /// Seconds before the first line, and between two drawings of the bar.
  private static let pause = (lines: 5.0, bar: 0.1)

  private let style: Style
  private let unit: String
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var shown: Double?
  private var barIsOpen = false
  /// Where the count stood at the start: nonzero when a run goes on.
  private var origin: Int?

  init(_ style: Style, unit: String) {
    self.style = style
    self.unit = unit
    start = clock.now
  }

  /// Says that `done` of `total` are done; shown now and then, and at the end. Lines come when twice as much time has gone
  /// by as at the last one, so that a day's work has some twenty.
  /// - Parameter isDue: shows it now.
  func update(_ done: Int, of total: Int, note: String, isDue: Bool = false) {
    let elapsed = (clock.now - start) / .seconds(1)
    let first = origin ?? done
    origin = first
    let next =
      style == .bar ? (shown ?? -1) + Self.pause.bar : max(Self.pause.lines, 2 * (shown ?? 0))
    guard style != .silent, isDue || done >= total || elapsed >= next else { return }
    shown = elapsed
    let line = ProgressLine(
      done: done, total: total, rate: elapsed > 0 ? Double(done - first) / elapsed : 0, unit: unit,
      note: note)
    switch style {
    case .bar:
      barIsOpen = true
      _ = Console.put("\r\(line.bar(width: Self.columns - 1))\u{1B}[K", to: STDERR_FILENO)
    case .lines: Console.report(line.plain)
    case .silent: break
    }
  }

  /// A line of its own, above the bar.
  func log(_ line: String) {
    guard style != .silent else { return }
    end()
    Console.report(line)
  }

  /// Leaves the bar as it is and goes to the next line.
  func end() {
    if barIsOpen { Console.report("") }
    barIsOpen = false
  }

  private static var columns: Int {
    var size = winsize()
    let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return known ? Int(size.ws_col) : 80
  }
}

/// One state of a computation as text.
struct ProgressLine {
  let done: Int
  let total: Int
  /// Units a second.
  let rate: Double
  let unit: String
  let note: String

  /// `[=====>     ]  45 %  12,300 pairs/s  1:23 left  NOTE`, of `width` columns at most: where they are few the bar is
  /// shorter or left out, then the rate is, then the note is cut.
  func bar(width: Int) -> String {
    let text = plain.count <= width ? plain : line(rateIsShown: false)
    let cells = min(24, width - text.count - 3)
    guard cells >= 6 else { return String(text.prefix(width)) }
    let filled = Int(Double(cells) * fraction)
    let head = filled < cells ? ">" : ""
    let bar =
      String(repeating: "=", count: filled) + head
      + String(repeating: " ", count: max(0, cells - filled - 1))
    return "[\(bar)] \(text)"
  }

  /// ` 45 %  12,300 pairs/s  1:23 left  NOTE`
  var plain: String { line(rateIsShown: true) }

  private func line(rateIsShown: Bool) -> String {
    let percent = String(Int(100 * fraction))
    let padded = String(repeating: " ", count: max(0, 3 - percent.count)) + percent
    let pace = rate > 0 ? [rateIsShown ? speed : nil, left].compactMap { $0 } : []
    return (["\(padded) %"] + pace + [note]).filter { !$0.isEmpty }.joined(separator: "  ")
  }

  private var fraction: Double { total > 0 ? min(1, Double(done) / Double(total)) : 1 }

  private var speed: String {
    let text = rate >= 10 ? Int(saturating: rate).grouped : String((rate * 10).rounded() / 10)
    return "\(text) \(unit)/s"
  }

  private var left: String? {
    guard done < total else { return nil }
    let seconds = Int(saturating: (Double(total - done) / rate).rounded(.up))
    let minutes = seconds / 60
    let clock =
      minutes >= 60
      ? "\(minutes / 60):\(Self.twoDigits(minutes % 60)):\(Self.twoDigits(seconds % 60))"
      : "\(minutes):\(Self.twoDigits(seconds % 60))"
    return "\(clock) left"
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
