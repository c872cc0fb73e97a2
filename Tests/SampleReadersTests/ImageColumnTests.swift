import CArrow
import CImage
import Files
import Foundation
import Samples
import Scratch
import Synchronization
import Testing
import Torch

@testable import SampleReaders

/// Tables that pandas wrote (`Fixtures/make_tables.py`), of images that Pillow wrote (`Fixtures/make_arrays.py`).
@Suite(.enabled(if: ca_is_built() && ci_has_png() == 1 && ci_has_jpeg() == 1))
struct ImageColumnTests {
  /// A table in a folder with one good image.
  private func failure(_ cells: String, _ options: SampleOptions, bad bytes: Data = Data()) throws
    -> String?
  {
    let scratch = try Scratch()
    try scratch.bytes(
      "good.png", try Data(contentsOf: URL(fileURLWithPath: fixture("arrays/images/2.png"))))
    try scratch.bytes("bad.jpg", bytes)
    try scratch.bytes("t.csv", Data("photo\n\(cells)\n".utf8))
    return scratch.failure { try SampleReaders.read("\(scratch.path)/t.csv", options).all() }
  }

  @Test(arguments: ["photos.csv", "photos.parquet"])
  func `images are read as those of a folder are`(file: String) throws {
    let folder = try SampleReaders.read(fixture("arrays/images")).rows([1, 5, 0, 1])
    for space in [nil, SampleOptions.SpaceChoice.image] {
      let images = try SampleReaders.read(fixture("\(file):photo"), SampleOptions(space: space))
      #expect(images.space == .image(shape: [3, 6, 7]))
      #expect(try images.all().array(Float.self) == folder.array(Float.self))
    }
    let small = SampleOptions(imageSize: (height: 2, width: 3))
    #expect(
      try SampleReaders.read(fixture("\(file):photo"), small).space == .image(shape: [3, 2, 3]))
    for (space, wanted) in [
      (SampleOptions.SpaceChoice.text, SampleSpace.text),
      (.labels, .labels(LabelSet(["1.png", "11.jpg", "2.png"].map { "arrays/images/\($0)" }))),
    ] {
      let cells = try SampleReaders.read(fixture("\(file):photo"), SampleOptions(space: space))
      #expect(cells.space == wanted)
    }
  }

  @Test(arguments: ["photos.csv", "photos.parquet"])
  func `rows without an image are refused or left out`(file: String) throws {
    let failure = #expect(throws: Failure.self) {
      try SampleReaders.read(fixture("\(file):gap"))
    }
    #expect(failure?.description.contains("(row 1, column 'gap'): a text is missing") == true)
    let images = try SampleReaders.read(fixture("\(file):gap"), SampleOptions(missing: .drop))
    #expect(images.space == .image(shape: [3, 6, 7]) && images.missingRows == [1])
  }

  @Test func `what is no image is named with row and path`() throws {
    let images = SampleOptions(space: .image)
    for (cells, what) in [
      ("good.png\nother/none.png", "DIR/other/none.png (row 1 of DIR/t.csv): cannot open the file"),
      ("good.png\ngood.png\nbad.jpg", "DIR/bad.jpg (row 2 of DIR/t.csv): the image cannot be read"),
      ("good.png\n.", "DIR/. (row 1 of DIR/t.csv): this is a directory"),
    ] {
      let found = try failure(cells, images)
      #expect(found?.hasPrefix(what) == true, "\(found ?? "read")")
    }
    #expect(try failure("good.png\nbad.jpg", .init())?.contains("row 1 of") == true)
    // Read by its head, damaged behind it.
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture("arrays/images/11.jpg")))
    #expect(
      try failure("good.png\nbad.jpg", images, bad: whole.dropLast(40))?
        .hasPrefix("DIR/bad.jpg (row 1 of DIR/t.csv): the image cannot be read") == true)
  }

  @Test func `names of files that are not there are text, said so`() throws {
    let scratch = try Scratch()
    try scratch.bytes("t.csv", Data("photo\na.png\nb.JPEG\n".utf8))
    let said = Mutex<[String]>([])
    let options = SampleOptions(report: { line in said.withLock { $0.append(line) } })
    #expect(try SampleReaders.read("\(scratch.path)/t.csv:photo", options).space == .text)
    #expect(
      said.withLock { $0.contains { $0.contains("there is no \(scratch.path)/a.png (row 0)") } })
  }

  @Test func `a JPEG may begin with more notes than are read at once`() throws {
    let scratch = try Scratch()
    let image = try Data(contentsOf: URL(fileURLWithPath: fixture("arrays/images/11.jpg")))
    let note = Data([0xFF, 0xFE, 0xFF, 0xFF]) + Data(count: 0xFFFD)
    let path = try scratch.file("a.jpg", image.prefix(2) + note + note + image.dropFirst(2))
    let noted = try ImageFiles([path], name: "a").all()
    let plain = try ImageFiles([fixture("arrays/images/11.jpg")], name: "b").all()
    #expect(noted.array(Float.self) == plain.array(Float.self))
  }
}
