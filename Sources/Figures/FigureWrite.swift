import Files
import Foundation

extension Figure {
  /// Draws the figure into the files whose paths are given, replacing what is there.
  ///
  /// The same figure gives the same bytes, on one machine with one gnuplot.
  ///
  /// - Parameters:
  ///   - svg: Where the vector drawing goes.
  ///   - png: Where the picture goes, `scale` pixels a point.
  /// - Throws: `Failure` when gnuplot is missing or fails, or a file cannot be written.
  ///
  /// ```swift
  /// try figure.write(svg: "recall.svg", png: "recall.png")
  /// ```
  public func write(svg: String? = nil, png: String? = nil, scale: Double = 2) throws {
    let gnuplot = try Gnuplot()
    let script = Script(self)
    if let svg { try Self.write(gnuplot.output(of: Terminal.svg.script(script)), to: svg) }
    if let png {
      try Self.write(gnuplot.output(of: Terminal.png(scale: scale).script(script)), to: png)
    }
  }

  /// The vector drawing as a document of its own.
  /// - Throws: `Failure` when gnuplot is missing or fails.
  public func svg() throws -> String {
    String(decoding: try Gnuplot().output(of: Terminal.svg.script(Script(self))), as: UTF8.self)
  }

  private static func write(_ data: Data, to path: String) throws {
    try AtomicFile.write(data, to: path)
  }
}

/// What gnuplot draws on.
enum Terminal {
  case svg
  case png(scale: Double)

  func script(_ script: Script) -> String {
    let font = "font 'Arial,12'"
    switch self {
    case .svg:
      return "set terminal svg size \(Int(script.width)),\(Int(script.height)) dynamic "
        + "\(font) enhanced background '#FFFFFF'\n" + script.text
    case .png(let scale):
      // A point of pngcairo's text is 4/3 pixels.
      let size = [script.width, script.height].map { "\(Int(($0 * scale).rounded()))" }
      return "set terminal pngcairo size \(size[0]),\(size[1]) \(font) enhanced "
        + "fontscale \(0.75 * scale) linewidth \(scale) pointscale \(scale) background '#FFFFFF'\n"
        + script.text
    }
  }
}
