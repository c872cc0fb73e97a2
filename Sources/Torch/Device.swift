import CTorch
import Files

/// Where a tensor's elements are and its operations run.
///
/// ```swift
/// let device = try Device("cuda:0")  // throws where there is none
/// ```
public enum Device: Equatable, Sendable, CustomStringConvertible {
  /// The processor.
  case cpu
  /// An NVIDIA GPU, by its index.
  case cuda(Int)
  /// An Apple GPU.
  case mps

  var kind: Int32 {
    switch self {
    case .cpu: Int32(CT_CPU)
    case .cuda: Int32(CT_CUDA)
    case .mps: Int32(CT_MPS)
    }
  }

  var index: Int32 { if case .cuda(let index) = self { Int32(clamping: index) } else { 0 } }

  init(kind: Int32, index: Int32) {
    switch kind {
    case Int32(CT_CUDA): self = .cuda(max(0, Int(index)))
    case Int32(CT_MPS): self = .mps
    default: self = .cpu
    }
  }

  /// Reads `cpu`, `cuda`, `cuda:1` or `mps`.
  /// - Throws: `Failure` for another name, or when there is no such device here.
  public init(_ name: String) throws {
    switch name {
    case "cpu": self = .cpu
    case "mps": self = .mps
    case "cuda": self = .cuda(0)
    default:
      guard name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), index >= 0 else {
        throw Failure("unknown device '\(name)'", remedy: "use cpu, cuda, cuda:N or mps")
      }
      self = .cuda(index)
    }
    try requireAvailable()
  }

  /// The text that `init(_:)` reads: `cpu`, `cuda:0`, `mps`.
  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    case .mps: "mps"
    }
  }

  /// The most precise floating-point type that it computes in: float64, but for Apple's GPUs.
  public var widestFloat: DType { self == .mps ? .float32 : .float64 }

  /// The devices that this libtorch can use on this machine.
  public static var available: [Device] {
    [.cpu] + (0..<Int(ct_cuda_device_count())).map(Device.cuda)
      + (ct_mps_is_available() ? [.mps] : [])
  }

  /// - Throws: `Failure` when this libtorch or this machine has no such device.
  public func requireAvailable() throws {
    guard !Device.available.contains(self) else { return }
    let reason = String(cString: ct_gpu_library_error())
    throw Failure(
      "device \(self) is not available (found: \(Device.available.map(\.description).joined(separator: ", ")))"
        + (reason.isEmpty ? "" : ": \(reason)"),
      remedy: "use one of those, or set COUPLET_TORCH to a libtorch built for it and rebuild")
  }
}
