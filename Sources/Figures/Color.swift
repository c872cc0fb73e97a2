import Files

/// A colour of a figure, in sRGB.
///
/// The named colours are those of Okabe and Ito, which people with any kind of colour vision tell
/// apart. Marks without a colour of their own take them in the order of `cycle`.
///
/// ```swift
/// Mark.line(x: x, y: truth, label: "truth", color: .black)
/// ```
public struct Color: Sendable, Equatable {
  /// The red part, 0 … 255.
  public let red: UInt8
  /// The green part, 0 … 255.
  public let green: UInt8
  /// The blue part, 0 … 255.
  public let blue: UInt8

  /// The colour 0xRRGGBB.
  public init(_ hexadecimal: UInt32) {
    red = UInt8(truncatingIfNeeded: hexadecimal >> 16)
    green = UInt8(truncatingIfNeeded: hexadecimal >> 8)
    blue = UInt8(truncatingIfNeeded: hexadecimal)
  }

  /// Blue of Okabe and Ito.
  public static let blue = Color(0x0072B2)
  /// Vermilion of Okabe and Ito.
  public static let vermilion = Color(0xD55E00)
  /// Bluish green of Okabe and Ito.
  public static let green = Color(0x009E73)
  /// Reddish purple of Okabe and Ito.
  public static let purple = Color(0xCC79A7)
  /// Orange of Okabe and Ito.
  public static let orange = Color(0xE69F00)
  /// Sky blue of Okabe and Ito.
  public static let sky = Color(0x56B4E9)
  /// Nearly black: the truth, text.
  public static let black = Color(0x1A1A1A)
  /// Middle grey: references.
  public static let gray = Color(0x808080)
  /// White, as the paper.
  public static let white = Color(0xFFFFFF)

  /// The colours that marks without one take in turn.
  public static let cycle: [Color] = [.blue, .vermilion, .green, .purple, .orange, .sky]

  /// The colour as gnuplot writes it, `#AARRGGBB` with AA the transparency.
  func script(opacity: Double = 1) -> String {
    let transparency = UInt8((255 * (1 - min(max(opacity, 0), 1))).rounded())
    let digits = [transparency, red, green, blue].dropFirst(transparency == 0 ? 1 : 0).map { byte in
      (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "rgb '#\(digits.joined())'"
  }
}

/// A map from numbers to colours: its colours are equally spaced, linearly interpolated.
public struct ColorMap: Sendable, Equatable {
  let colors: [Color]

  /// The map through `colors`, lowest value first; at least two.
  public init(_ colors: [Color]) {
    require(colors.count >= 2, "ColorMap: needs two colours or more, got \(colors.count)")
    self.colors = colors
  }

  /// White through blue to near black: densities, whose zero is the paper's white.
  public static let density = ColorMap(
    [0xFFFFFF, 0xD6E6F4, 0x9DC6E0, 0x4F9BCB, 0x1C68AC, 0x08306B].map { Color($0) })
  /// Blue through white to red: signed quantities, on a range symmetric about zero.
  public static let signed = ColorMap(
    [0x2A5C9A, 0x7FAED3, 0xDCE9F2, 0xFAFAFA, 0xF6DED3, 0xDB8A73, 0xA32638].map { Color($0) })
  /// Dark blue through green to yellow, lightness rising evenly: magnitudes.
  public static let magnitude = ColorMap(
    [0x3B1053, 0x3F4788, 0x2D7190, 0x1F998A, 0x53BD69, 0xB0DA2F, 0xFBE723].map { Color($0) })
  /// Black to white: images.
  public static let gray = ColorMap([Color(0x000000), .white])

  var script: String {
    let stops = colors.enumerated().map { "\($0) '\($1.script().split(separator: "'")[1])'" }
    return "set palette defined (\(stops.joined(separator: ", ")))"
  }
}
