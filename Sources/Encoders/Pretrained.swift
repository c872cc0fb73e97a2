import CoupletCore
import Files

/// A network f that PyTorch wrote into a file, and a learned linear projection of what it gives: x ↦ W f(x) + b.
///
/// The paper's way with pretrained models: they stay as they are, and projections behind them are learned; or they are
/// learned further too. The network stays in the mode for evaluation in either case, so that nothing is random and a
/// resumed run equals one that was not stopped.
///
/// ```swift
/// let network = try LoadedNetwork("resnet.pt", .torchScript)
/// let encoder = try Pretrained(network, shape: [3, 64, 64], dimension: 32, key: Key(0))
/// encoder(images).shape   // [n, 32]
/// ```
public struct Pretrained: SampleEncoder {
  let network: LoadedNetwork
  let projection: Linear
  private let isTrained: Bool
  /// Of the samples that the network takes.
  private let dtype: DType

  /// - Parameters:
  ///   - shape: that of one sample.
  ///   - dimension: d.
  ///   - isTrained: whether the network's parameters are learned further.
  /// - Throws: `Failure`, without a place, when the network does not give a vector for each sample of this shape.
  public init(
    _ network: LoadedNetwork, shape: [Int], dimension: Int, isTrained: Bool = false, key: Key
  ) throws {
    self.network = network
    self.isTrained = isTrained
    let weights = network.parameters.tensors.filter(\.dtype.isFloatingPoint)
    dtype = weights.first?.dtype ?? .float32
    for tensor in weights { tensor.requiresGradient = isTrained }
    projection = Linear(
      try Pretrained.features(network, shape: shape, dtype: dtype), dimension, key: key)
  }

  /// The number of features of a sample, the same for any number of samples.
  private static func features(_ network: LoadedNetwork, shape: [Int], dtype: DType) throws -> Int {
    try withoutGradients {
      let counts = try [3, 2].map { rows in
        let value = try network.value(of: .zeros([rows] + shape, dtype: dtype))
        guard value.rank > 1, value.shape[0] == rows, value.count > 0 else {
          throw Failure(
            "the network's value for \(rows) samples has the shape \(value.shape)",
            remedy: "let it return one vector for each sample")
        }
        return value.count / rows
      }
      guard counts[0] == counts[1] else {
        throw Failure(
          "the network's value depends on the number of samples",
          remedy: "let it return one vector for each sample")
      }
      return counts[0]
    }
  }

  /// d, the number of outputs of the projection.
  public var dimension: Int { projection.dimension }

  /// `projection.…`, and `network.…` where the network is learned further.
  public var parameters: Parameters {
    Parameters(parts: [
      "network": isTrained ? network.parameters : [:], "projection": projection.parameters,
    ])
  }

  /// False for a package, whose values have no derivatives.
  public var isDifferentiable: Bool { network.format == .torchScript }

  /// `torchscript`, with the file and the shape of the projection; nil for a package, which is for one machine.
  public var portable: PortableEncoder? {
    guard network.format == .torchScript else { return nil }
    return PortableEncoder(
      "torchscript",
      ["features": .integer(projection.weight.shape[1]), "outputs": .integer(dimension)],
      parameters, file: network.path)
  }

  /// N × … ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let features = network(input.to(dtype))
    return projection(
      features.reshaped([input.shape[0], -1]).to(projection.weight.dtype), mode: mode)
  }
}

extension Pretrained {
  /// `torchscript:FILE[:train]` or `pt2:FILE`, with the checksum of the file once it was read.
  struct Design: EncoderDesign {
    var format = LoadedNetwork.Format.torchScript
    var file = ""
    var isTrained = false
    /// By which the file is known again.
    var checksum: FileChecksum?

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let shape = try space.requireShape()
      try requireSameFile()
      let network = try LoadedNetwork(file, format)
      return try Failure.at(.file(file)) {
        try Pretrained(network, shape: shape, dimension: dimension, isTrained: isTrained, key: key)
      }
    }

    /// - Throws: `Failure` naming the file when it is not there, or is another than the settings say.
    private func requireSameFile() throws {
      guard let checksum, checksum != (try FileChecksum.of(file)) else { return }
      throw Failure(
        "the file has changed since the run began", at: file,
        remedy: "restore the file, or train anew")
    }
  }

  static let entry = EncoderRegistry.Entry(
    "torchscript", Design(),
    [
      .first("FILE", .path, \.file, example: "network.pt"), .flag("train", \.isTrained), checksum,
    ]
  ) { $0 }

  static let package = EncoderRegistry.Entry(
    "pt2", Design(format: .package),
    [.first("FILE", .path, \.file, example: "network.pt2"), checksum]
  ) { $0 }

  private static let checksum = TextOption<Design>.found("checksum", .checksum, \.checksum) {
    design in
    do {
      return try FileChecksum.of(design.file)
    } catch let failure as Failure {
      // What is wrong with an option is placed at the option, so that the text has to name the file.
      throw Failure("\(design.file): \(failure.what)", remedy: failure.remedy)
    }
  }
}

extension ValueKind where Value == String {
  /// A path from whatever folder a command is run in.
  fileprivate static var path: ValueKind {
    ValueKind("FILE") { Folder.absolute(try ValueKind.file.parse($0)) }
  }
}

extension ValueKind where Value == FileChecksum {
  /// `BYTES-CRC32`, the second hexadecimal.
  fileprivate static var checksum: ValueKind {
    ValueKind("BYTES-CRC32", text: { "\($0.bytes)-\(String($0.crc32, radix: 16))" }) { text in
      let parts = text.split(separator: "-")
      guard parts.count == 2, let bytes = Int(parts[0]), let crc32 = UInt32(parts[1], radix: 16)
      else {
        throw Failure("'\(text)' is no checksum", remedy: "leave it out: it is found from the file")
      }
      return FileChecksum(bytes: bytes, crc32: crc32)
    }
  }
}
