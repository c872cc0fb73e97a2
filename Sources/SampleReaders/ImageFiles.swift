import CImage
import Files
import Foundation
import Samples
import Torch

/// Images in files of their own, PNG or JPEG: read when they are asked for, brought to one size, with values in [0, 1].
///
/// They are grey when all of them are, and red, green and blue otherwise. An image that is not of the common size is
/// resized by libtorch with antialiasing. Orientation tags are not followed.
///
/// ```swift
/// let images = try ImageFiles(["a.png", "b.jpg"], name: "folder")
/// try images.rows([1]).shape   // [1, 3, 32, 32]
/// ```
public struct ImageFiles: SampleSource {
  private let paths: [String]
  private let channels: Int
  private let height: Int
  private let width: Int
  /// What the user calls them.
  public let name: String

  /// - Parameters:
  ///   - size: height and width of all images; nil for that of the first.
  ///   - name: what the user calls them.
  /// - Throws: `Failure` naming the first file that is no image, and its row.
  public init(_ paths: [String], size: (height: Int, width: Int)? = nil, name: String) throws {
    guard !paths.isEmpty else {
      throw Failure("there are no images", at: name, remedy: "give PNG or JPEG files")
    }
    let sizes = try paths.indices.map { row in
      try ImageFiles.at(row, paths[row], of: name) {
        try MappedFile(paths[row]).withBytes(ImageFiles.size)
      }
    }
    self.paths = paths
    self.name = name
    channels = Int(sizes.map(\.channels).max() ?? 1)
    (height, width) = size ?? (Int(sizes[0].height), Int(sizes[0].width))
    guard (1...1 << 14).contains(height), (1...1 << 14).contains(width) else {
      throw Failure(
        "images of \(height) × \(width) pixels", at: name, remedy: "choose sides from 1 to 16384")
    }
  }

  /// The number of files.
  public var count: Int { paths.count }
  /// Images of channels × height × width.
  public var space: SampleSpace { .image(shape: [channels, height, width]) }

  /// n × channels × height × width in [0, 1], float32, read and resized now.
  /// - Throws: `Failure` naming the file that is damaged, or is gone.
  public func rows(_ rows: [Int]) throws -> Tensor {
    guard !rows.isEmpty else { return .zeros([0, channels, height, width]) }
    return stack(
      try rows.map { row in
        try ImageFiles.at(row, paths[row], of: name) {
          try MappedFile(paths[row]).withBytes(image)
        }
      })
  }

  /// channels × height × width.
  private func image(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    let size = try ImageFiles.size(of: bytes)
    let shape = [Int(size.height), Int(size.width), Int(size.channels)]
    let pixels = try Tensor(shape: shape, dtype: .uint8) { pixels in
      try ImageFiles.check { error in
        ci_decode(
          bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, size,
          pixels.bindMemory(to: UInt8.self).baseAddress, error)
      }
    }
    var image = (pixels.to(.float32) / 255).transposed(1, 2).transposed(0, 1)
    if shape[2] < channels { image = cat(Array(repeating: image, count: channels)) }
    guard shape[0] != height || shape[1] != width else { return image.contiguous() }
    return image.unsqueezed(0).resized(height: height, width: width).squeezed(0)
      .clamped(min: 0, max: 1)
  }

  /// - Throws: `Failure` when it is no image, or one that would fill the memory.
  private static func size(of bytes: UnsafeRawBufferPointer) throws -> ci_size {
    var size = ci_size()
    try check {
      ci_measure(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &size, $0)
    }
    // Bytes, and float32 numbers before and after what is done to them; sides are at most 65536.
    let memory = Int(size.height) * Int(size.width) * Int(size.channels) * 9
    guard memory <= Memory.limit / 4 else {
      throw Failure(
        "an image of \(size.height) × \(size.width) pixels takes \(Memory.text(memory)) of memory",
        remedy: "make it smaller")
    }
    return size
  }

  /// Runs `body`; its failure is at a row, and names the file.
  private static func at<Result>(
    _ row: Int, _ path: String, of name: String, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let failure as Failure {
      throw failure.at(.file(path, field: "row \(row) of \(name)"))
    }
  }

  /// - Throws: `Failure` with what the library says.
  private static func check(_ body: (UnsafeMutablePointer<CChar>) -> Int32) throws {
    var text = [CChar](repeating: 0, count: 256)
    guard
      text.withUnsafeMutableBufferPointer({ buffer in
        // Of 256 bytes, so it has an address.
        buffer.baseAddress.map(body) ?? 1
      }) != 0
    else { return }
    let what = text.withUnsafeBufferPointer {
      String(decoding: $0.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
    throw Failure(
      "the image cannot be read: \(what)", remedy: "copy or create the file again")
  }

  /// Whether a name ends as that of an image.
  static func isNamed(_ name: String) -> Bool {
    [".png", ".jpg", ".jpeg"].contains { name.lowercased().hasSuffix($0) }
  }
}

/// A folder of PNG and JPEG images, in the order of their names; numbers in names count as numbers.
struct ImageFolderReader: SampleReader {
  var name: String { "folder of PNG or JPEG images" }
  var suffixes: [String] { [] }

  func recognizes(_ file: SampleFile) -> Bool { file.isFolder }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    let all = try Folder.names(in: file.path)
    let images = Folder.counted(all.filter(ImageFiles.isNamed))
    guard !images.isEmpty else {
      throw Failure(
        "the folder holds no PNG or JPEG images", at: file.path,
        remedy: "give a folder of images whose names end in .png, .jpg or .jpeg")
    }
    if all.count > images.count {
      options.report(
        "\(file.path): \(all.count - images.count) files that are no images are left out")
    }
    return .settled(
      try ImageFiles(
        images.map { "\(file.path)/\($0)" }, size: options.imageSize, name: file.name))
  }
}
