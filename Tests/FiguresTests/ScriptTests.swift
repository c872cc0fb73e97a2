import Foundation
import Testing

@testable import Figures

@Suite struct ScriptTests {
  private let small = Figure(
    Panel(
      title: "a_b", x: Axis("x", range: 0...2), y: Axis("y", range: 0...1), legend: .topLeft,
      [.line(x: [0, 1, 2], y: [0, .nan, 1], label: "it's"), .horizontal(at: 0.5)]),
    width: 200, height: 100)

  @Test func `the script of a small figure`() {
    // The frame is at 6 + 58 points from the left, 6 + 27 from the top; the page is 282 × 182.
    let expected = #"""
      set encoding utf8
      set border 15 front linewidth 0.8 linecolor rgb '#4d4d4d'
      set cbtics out scale 0.5 font ',10.5' textcolor rgb '#1a1a1a'
      set grid back linetype 1 linewidth 0.6 linecolor rgb '#E4E4E4', linetype 1 linewidth 0.6 linecolor rgb '#F1F1F1'
      set style fill solid noborder
      set minussign
      $p1_1_1 << EOD
      0.0 0.0

      2.0 1.0
      EOD
      set multiplot
      set lmargin at screen 0.22695
      set rmargin at screen 0.93617
      set tmargin at screen 0.801075
      set bmargin at screen 0.263441
      set title 'a\_b' font ',12.5' offset 0,-0.4
      set grid xtics ytics
      set xrange [0.0:2.0] noextend
      unset logscale x
      set xlabel 'x' offset 0,0.6
      set xtics out nomirror scale 0.5,0.25 0.5 font ',10.5' textcolor rgb '#1a1a1a'
      set format x '%g'
      set yrange [0.0:1.0] noextend
      unset logscale y
      set ylabel 'y' offset 1,0
      set ytics out nomirror scale 0.5,0.25 0.5 font ',10.5' textcolor rgb '#1a1a1a'
      set format y '%g'
      unset colorbox
      set arrow from graph 0,first 0.5 to graph 1,first 0.5 nohead linetype 1 linewidth 1.1 dashtype (7,4) linecolor rgb '#808080'
      set key inside top left vertical Left reverse samplen 1.6 spacing 1.1 font ',10.5' textcolor rgb '#1a1a1a' noopaque nobox
      plot $p1_1_1 with lines linetype 1 linewidth 1.6 dashtype solid linecolor rgb '#0072b2' title 'it''s'
      unset arrow
      unset label
      unset label 1
      unset label 2
      unset multiplot

      """#
    #expect(Script(small).text == expected)
  }

  @Test func `marks without a colour take the cycle in turn, rules do not`() {
    let x = [0.0, 1]
    let text = Script(
      Figure(
        Panel([
          .line(x: x, y: x), .horizontal(at: 0), .line(x: x, y: x, color: .black),
          .points(x: x, y: x),
        ]))
    ).text
    #expect(
      text.contains("with lines linetype 1 linewidth 1.6 dashtype solid linecolor rgb '#0072b2'"))
    #expect(text.contains("with points pointtype 7 pointsize 0.55 linecolor rgb '#d55e00'"))
  }

  @Test func `gaps split curves: values not finite, and not positive on a logarithm`() {
    let y = [1, .infinity, 2, 3, 0, -1, 4]
    let mark = Mark.line(x: [1, 2, 3, 4, 5, 6, 7], y: y)
    let linear = mark.rows(x: Axis(), y: Axis()).runs()
    #expect(linear == [["1.0 1.0"], ["3.0 2.0", "4.0 3.0", "5.0 0.0", "6.0 -1.0", "7.0 4.0"]])
    let logarithmic = mark.rows(x: Axis(), y: Axis(scale: .logarithmic)).runs()
    #expect(logarithmic == [["1.0 1.0"], ["3.0 2.0", "4.0 3.0"], ["7.0 4.0"]])
  }

  @Test func `ranges cover the data with room for symbols`() {
    let x = [0.0, 10]
    let line = Panel([.line(x: x, y: [1, 2])]).ranges()
    #expect(line.x == 0...10)
    // 6 % of the data's length on either side.
    #expect(abs(line.y.lowerBound - 0.94) < 1e-12 && abs(line.y.upperBound - 2.06) < 1e-12)
    let points = Panel([.points(x: x, y: [1, 2])]).ranges()
    #expect(abs(points.x.lowerBound + 0.4) < 1e-12 && abs(points.x.upperBound - 10.4) < 1e-12)
    #expect(Panel([.bars(x: [0], heights: [2])]).ranges().y.lowerBound == 0)
    #expect(Panel([.line(x: x, y: [.nan, .nan])]).ranges().y == 0...1)
    #expect(Panel([.line(x: x, y: [3, 3])]).ranges().y == 1.5...4.5)
    let logarithmic = Panel(y: Axis(scale: .logarithmic), [.line(x: x, y: [-1, 10])]).ranges()
    #expect(logarithmic.y.lowerBound == 5 && logarithmic.y.upperBound == 20)
  }

  @Test(arguments: [
    (0.0...1.0, 190.0, 0.2), (0...10, 270, 2), (-4...4, 190, 2), (0...0.003, 190, 0.0005),
  ])
  func `ticks are round and apart`(range: ClosedRange<Double>, length: Double, step: Double) {
    #expect(Axis.step(over: range, length: length, spacing: 28) == step)
  }

  @Test func `a field is interpolated between its nodes`() {
    let field = ScalarField(x: [0, 1, 3], y: [0, 2]) { x, y in 2 * x + 3 * y }
    let raster = field.raster(size: 6)
    // Bilinear interpolation is exact for a linear function; pixel centres are at 0.25 + 0.5 i and
    // (j + 0.5) / 3. Values stay below 12, where a rounding step is 2e-15; ten of them.
    for j in 0..<6 {
      for i in 0..<6 {
        let expected = 2 * (0.25 + 0.5 * Double(i)) + (Double(j) + 0.5)
        #expect(abs(raster.values[j * 6 + i] - expected) < 2e-14)
      }
    }
  }
}
