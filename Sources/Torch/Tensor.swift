import CTorch

/// An n-dimensional array of numbers, on a device, that can take part in automatic differentiation.
///
/// A tensor is a *reference* to libtorch's storage: copying the Swift value copies the reference, and
/// an operation that changes a tensor in place (`add(inPlace:)`, `fill(_:)`, an optimiser's step) is seen
/// through every reference and view. Everything else returns a new tensor. A tensor is not `Sendable`:
/// it stays on the thread that made it.
///
/// ```swift
/// let x = Tensor([1.0, 2, 3, 4], shape: [2, 2])
/// matmul(x, x.T).array(Double.self)  // [5.0, 11.0, 11.0, 25.0]
/// ```
///
/// Axes count from 0; negative axes count from the end. Shapes that do not fit trap, naming the
/// operation and the shapes.
public struct Tensor {
  /// Owns one handle of the shim; frees it with the last reference.
  final class Handle {
    let raw: ct_tensor
    init(_ raw: ct_tensor) { self.raw = raw }
    deinit { ct_free(raw) }
  }

  let handle: Handle
  /// The handle for a call into the shim. Take it only of variables and parameters, which live until the call
  /// returns; a temporary value may be freed before.
  @inline(__always) package var raw: ct_tensor { handle.raw }

  /// Takes ownership of a handle that a successful call handed out.
  package init(owning raw: ct_tensor?) {
    // The shim's contract: a call that returned CT_OK has set its outputs.
    self.handle = Handle(raw!)
  }

  /// The number of tensors alive in this process, for tests that look for leaks.
  public static var liveCount: Int { Int(ct_live_tensors()) }

  // MARK: Description

  /// The number of axes.
  public var rank: Int { Int(ct_rank(raw)) }
  /// The length of each axis.
  public var shape: [Int] { (0..<ct_rank(raw)).map { Int(ct_size(raw, $0)) } }
  /// The number of elements.
  public var count: Int { Int(ct_count(raw)) }
  /// The type of an element.
  public var dtype: DType { DType(code: ct_dtype(raw)) }
  /// Where the elements are.
  public var device: Device { Device(kind: ct_device_kind(raw), index: ct_device_index(raw)) }
  /// Whether the elements lie in row-major order without gaps.
  public var isContiguous: Bool { ct_is_contiguous(raw) }

  // MARK: Conversion

  /// The same values as another type of element.
  public func to(_ dtype: DType) -> Tensor { tensor("to", [self]) { ct_to($0, raw, dtype.code) } }

  /// The same values on another device.
  /// - Throws: `Failure` when this libtorch or this machine has no such device.
  public func to(_ device: Device) throws -> Tensor {
    try device.requireAvailable()
    return moved(to: device)
  }

  /// The same values on the device of another tensor.
  ///
  /// ```swift
  /// order.to(deviceOf: embeddings)
  /// ```
  public func to(deviceOf other: Tensor) -> Tensor { moved(to: other.device) }

  /// The same values on a device that is there; itself when they are there already.
  func moved(to device: Device) -> Tensor {
    self.device == device
      ? self : tensor("to", [self]) { ct_to_device($0, raw, device.kind, device.index) }
  }

  /// The same values in row-major order without gaps; itself when that is so already.
  public func contiguous() -> Tensor { tensor("contiguous", [self]) { ct_contiguous($0, raw) } }
  /// The same values in storage of its own.
  public func clone() -> Tensor { tensor("clone", [self]) { ct_clone($0, raw) } }
  /// The same N × C × H × W values with the channels adjacent in memory.
  public func channelsLast() -> Tensor {
    tensor("channelsLast", [self]) { ct_channels_last($0, raw) }
  }

  // MARK: In place

  /// Overwrites the values by those of `source` (broadcast, converted).
  public func copy(from source: Tensor) {
    check(ct_copy_into(raw, source.raw), "copy", [self, source])
  }
  /// Overwrites every value.
  public func fill(_ value: Double) { check(ct_fill(raw, value), "fill", [self]) }
}

extension Tensor: CustomStringConvertible {
  /// Type, shape and, for short tensors, the values: `float64[2, 2] [1.0, 2.0, 3.0, 4.0]`.
  public var description: String {
    let head = "\(dtype)\(shape)"
    return count <= 16 ? "\(head) \(to(.float64).array(Double.self))" : head
  }
}
