import Foundation
import Testing

@testable import Figures

@Suite struct ImageGridTests {
  @Test func `brightnesses become pixels, out of range is cut off`() {
    let image = GrayImage(width: 2, height: 2, values: [0, 0.5, 1.5, .nan])
    #expect(image.pixels == [0, 128, 255, 0])
    let inverted = GrayImage(width: 2, height: 1, values: [0, 1], inverted: true)
    #expect(inverted.pixels == [255, 0])
  }

  @Test func `images stand in rows with white gaps, each pixel magnified`() {
    let images = (1...3).map { GrayImage(width: 1, height: 1, pixels: [UInt8($0)]) }
    let image = ImageGrid(images, columns: 2, magnification: 2, gap: 1).image
    #expect(image.width == 5 && image.height == 5)
    #expect(
      image.pixels == [
        1, 1, 255, 2, 2,
        1, 1, 255, 2, 2,
        255, 255, 255, 255, 255,
        3, 3, 255, 255, 255,
        3, 3, 255, 255, 255,
      ])
  }

  @Test func `the file has the size of the image`() throws {
    let tile = GrayImage(width: 3, height: 2, pixels: [0, 50, 100, 150, 200, 250])
    let grid = ImageGrid([tile, tile], columns: 2, magnification: 2, gap: 1)
    try withTemporaryDirectory { directory in
      let path = directory.appending(path: "grid.png")
      try grid.write(png: path.path)
      let size = try pngSize(Data(contentsOf: path))
      #expect(size.width == 13 && size.height == 4)
    }
  }

  @Test func `labels stand at the middle of their rows`() {
    let image = GrayImage(width: 10, height: 10, values: .init(repeating: 0, count: 100))
    let grid = ImageGrid(
      rows: [(label: "first", images: [image]), (label: "second", images: [image])],
      magnification: 1, gap: 4)
    // Heights 10, gap 4, 10, measured from below.
    #expect(grid.panel().y.ticks == .labelled([19, 5], ["first", "second"]))
  }
}
