import Files

/// Grey images of one size in rows, pixel by pixel: samples of digits, patches, filters.
///
/// ```swift
/// let grid = ImageGrid(rows: [(label: "two-sided", images: sevens)])
/// try grid.write(png: "sevens.png")  // the pixels alone; below, with the labels
/// try Figure(grid.panel(), width: 480, height: 60).write(svg: "sevens.svg")
/// ```
public struct ImageGrid: Sendable, Equatable {
  /// Images side by side.
  public struct Row: Sendable, Equatable {
    /// What stands at the left of the row.
    public var label: Text?
    /// The images, from the left.
    public var images: [GrayImage]
  }

  /// The rows, from the top.
  public let rows: [Row]
  /// Pixels of the result for a pixel of an image, in both directions.
  public let magnification: Int
  /// White pixels between images.
  public let gap: Int

  /// A grid of rows, which may differ in length; all images have one size.
  public init(rows: [(label: Text?, images: [GrayImage])], magnification: Int = 2, gap: Int = 4) {
    let images = rows.flatMap(\.images)
    require(!images.isEmpty, "ImageGrid: no images")
    require(
      images.allSatisfy { $0.width == images[0].width && $0.height == images[0].height },
      "ImageGrid: images of unequal size")
    require(magnification > 0 && gap >= 0, "ImageGrid: magnification \(magnification), gap \(gap)")
    self.rows = rows.map { Row(label: $0.label, images: $0.images) }
    self.magnification = magnification
    self.gap = gap
  }

  /// A grid without labels of images in their order, `columns` a row.
  public init(_ images: [GrayImage], columns: Int, magnification: Int = 2, gap: Int = 4) {
    require(columns > 0, "ImageGrid: \(columns) columns")
    let rows = stride(from: 0, to: images.count, by: columns).map { start in
      (label: Text?.none, images: Array(images[start..<min(start + columns, images.count)]))
    }
    self.init(rows: rows, magnification: magnification, gap: gap)
  }

  /// The grid as one image.
  public var image: GrayImage {
    let first = rows.lazy.flatMap(\.images).first
    let (tileWidth, tileHeight) = first.map { ($0.width, $0.height) } ?? (0, 0)
    let (stepX, stepY) = (tileWidth * magnification + gap, tileHeight * magnification + gap)
    let width = stepX * (rows.map(\.images.count).max() ?? 0) - gap
    let height = stepY * rows.count - gap
    var pixels = [UInt8](repeating: 255, count: width * height)
    for (i, row) in rows.enumerated() {
      for (j, image) in row.images.enumerated() {
        for y in 0..<tileHeight * magnification {
          let source = y / magnification * tileWidth
          let target = (i * stepY + y) * width + j * stepX
          for x in 0..<tileWidth * magnification {
            pixels[target + x] = image.pixels[source + x / magnification]
          }
        }
      }
    }
    return GrayImage(width: width, height: height, pixels: pixels)
  }

  /// Writes the grid's pixels, without the labels, to `path`. Throws a `Failure` when it cannot.
  public func write(png path: String) throws {
    let image = image
    let file = try PNG.encode(image.pixels, width: image.width, height: image.height)
    try AtomicFile.write(file, to: path)
  }

  /// The grid as a panel of a figure, the labels at the left of their rows.
  public func panel(title: Text? = nil) -> Panel {
    let image = image
    let step = Double(image.height + gap) / Double(rows.count)
    let centers = rows.indices.map { i in
      Double(image.height) - (Double(i) * step + (step - Double(gap)) / 2)
    }
    var y = Axis.hidden
    if rows.contains(where: { $0.label != nil }) {
      y.ticks = .labelled(centers, rows.map { $0.label ?? "" })
    }
    return Panel(
      title: title, x: .hidden, y: y, equalAspect: true, grid: false,
      [.image(image, x: 0...Double(image.width), y: 0...Double(image.height))])
  }
}
