import Foundation
import Testing

@testable import Figures

/// Set FIGURE_GALLERY to a directory to keep the drawings there.
@Test(arguments: Gallery.figures.indices)
func `every kind of figure is drawn with the size of its layout`(index: Int)
  throws
{
  let (name, figure) = Gallery.figures[index]
  let kept = ProcessInfo.processInfo.environment["FIGURE_GALLERY"].map {
    URL(fileURLWithPath: $0)
  }
  try withTemporaryDirectory { temporary in
    let svg = (kept ?? temporary).appending(path: "\(name).svg")
    let png = (kept ?? temporary).appending(path: "\(name).png")
    try figure.write(svg: svg.path, png: png.path)
    let layout = Layout(figure)
    let size = try pngSize(Data(contentsOf: png))
    #expect(size.width == Int(2 * layout.width) && size.height == Int(2 * layout.height))
    let drawing = try String(contentsOf: svg, encoding: .utf8)
    #expect(drawing.contains("viewBox=\"0 0 \(Int(layout.width)) \(Int(layout.height))\""))
  }
}
