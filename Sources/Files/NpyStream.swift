import Foundation

/// An array that is written as `.npy` block by block: it need not fit in memory.
///
/// ```swift
/// try AtomicFile.write(to: "embeddings.npy") { file in
///   let stream = try NpyStream(.float32, shape: [count, 64], in: file)
///   for block in blocks { try stream.write(block) }
///   stream.requireWhole()
/// }
/// ```
public final class NpyStream {
  private let elementType: ElementType
  private let count: Int
  private let file: OutputFile
  private var written = 0

  /// Writes the header.
  /// - Parameter elementType: of the file; `bfloat16`, which NumPy does not have, becomes `float32`.
  /// - Throws: `Failure` when the file cannot be written.
  public init(_ elementType: ElementType, shape: [Int], in file: OutputFile) throws {
    self.elementType = elementType == .bfloat16 ? .float32 : elementType
    (count, self.file) = (shape.reduce(1, *), file)
    try file.write(NpyHeader(elementType: self.elementType, shape: shape).encoded)
  }

  /// Appends elements in row-major order, of the file's type or bfloat16.
  /// - Throws: `Failure` when they cannot be written.
  public func write(_ block: NumericArray) throws {
    let block = block.elementType == .bfloat16 ? NumericArray(block.floats()) : block
    require(
      block.elementType == elementType,
      "NpyStream.write: \(block.elementType) into an array of \(elementType)")
    written += block.count
    try file.write(block.bytes)
  }

  /// Traps unless as many elements have been written as the shape has.
  public func requireWhole() {
    require(written == count, "NpyStream: \(written) elements of \(count)")
  }
}
