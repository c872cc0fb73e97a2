import CTorch
import Files
import Foundation

/// A network that PyTorch wrote into a file, run by libtorch: a function of one tensor with one tensor for its value.
///
/// TorchScript is run as it is written, operation by operation and in the mode for evaluation: dropout does nothing, and
/// batch normalisation uses the statistics in the file. Its parameters can be learned further. A package that PyTorch
/// compiled ahead of time (AOTInductor) is machine code for one kind of processor, and has neither parameters nor
/// derivatives; it runs with the rights of the program, as any code does.
///
/// ```swift
/// let network = try LoadedNetwork("resnet.pt", .torchScript)
/// try network.value(of: images).shape   // [n, 512]
/// ```
public final class LoadedNetwork {
  /// How the file was written.
  public enum Format: Sendable {
    /// By `torch.jit.trace(model, example).save(FILE)` or `torch.jit.script(model).save(FILE)`.
    case torchScript
    /// By `torch._inductor.aoti_compile_and_package(torch.export.export(model, (example,)), package_path=FILE)`.
    case package
  }

  /// Where the file lies.
  public let path: String
  /// How it was written.
  public let format: Format
  /// Those of TorchScript, by their names in the state dict; none of a package.
  public let parameters: Parameters
  private let raw: ct_module

  /// - Throws: `Failure` when there is no such file, or it is none of that format.
  public init(_ path: String, _ format: Format) throws {
    // libtorch would say only that it cannot open it.
    _ = try MappedFile(path)
    var out: ct_module?
    guard ct_module_load(&out, path, format == .package) == CT_OK, let raw = out else {
      // The first sentence: others guess at reasons.
      let reason = lastError().components(separatedBy: ". ")[0]
      throw Failure(
        "this is no \(format == .package ? "AOTInductor package" : "TorchScript") (\(reason))",
        at: path,
        remedy: format == .package
          ? "write it with torch._inductor.aoti_compile_and_package"
          : "write it in Python: torch.jit.trace(model.eval(), example).save(FILE)")
    }
    (self.path, self.format) = (path, format)
    self.raw = raw
    parameters = Parameters(
      (0..<ct_module_parameter_count(raw)).map { index in
        (
          name: String(cString: ct_module_parameter_name(raw, index)),
          tensor: tensor("LoadedNetwork.parameters", []) { ct_module_parameter($0, raw, index) }
        )
      })
  }

  deinit { ct_module_free(raw) }

  /// The network's value, differentiable in the input and the parameters where it is TorchScript.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    tensor("LoadedNetwork", [input]) { ct_module_forward($0, raw, input.raw) }
  }

  /// The same for an input that the network may not take.
  /// - Throws: `Failure`, without a place, when it fails.
  public func value(of input: Tensor) throws -> Tensor {
    var out: ct_tensor?
    guard ct_module_forward(&out, raw, input.raw) == CT_OK else {
      throw Failure(
        "the network fails on \(input.dtype) of shape \(input.shape): \(lastError())",
        remedy: "write it anew, for samples of this shape and any number of rows")
    }
    return Tensor(owning: out)
  }
}
