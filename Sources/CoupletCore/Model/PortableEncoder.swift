import Files

/// What an encoder is, for programs other than this one: its kind and shape, and its weights by the names that a
/// PyTorch module of that kind has for them in its state dict.
///
/// ```swift
/// MLP([12, 64, 5], key: Key(0)).portable?.json.text
/// // {"kind":"mlp","sizes":[12,64,5],"activation":"gelu","dropout":0}
/// ```
public struct PortableEncoder {
  /// By which the loader that `couplet export` writes knows the kind.
  public let kind: String
  /// The arguments of the loader's module, in order.
  public let settings: [JSON.Member]
  /// Weights and statistics, as in the module's state dict.
  public let tensors: [(name: String, tensor: Tensor)]
  /// A file that the loader's module reads too, as TorchScript; nil for most.
  public let file: String?

  /// - Parameters:
  ///   - kind: one of the loader's.
  ///   - settings: the arguments of the loader's module.
  ///   - parameters: the weights, by the names that the loader's module has for them.
  ///   - file: TorchScript that the module reads too.
  public init(
    _ kind: String, _ settings: KeyValuePairs<String, JSON> = [:], _ parameters: Parameters = [:],
    file: String? = nil
  ) {
    self.init(kind, settings.map { JSON.Member($0.key, $0.value) }, parameters.entries, file)
  }

  private init(
    _ kind: String, _ settings: [JSON.Member], _ tensors: [(name: String, tensor: Tensor)],
    _ file: String?
  ) {
    (self.kind, self.settings, self.tensors, self.file) = (kind, settings, tensors, file)
  }

  /// This encoder inside another, which the loader has as a module with the attribute `encoder`.
  public func wrapped(
    in kind: String, _ settings: KeyValuePairs<String, JSON> = [:], _ parameters: Parameters = [:]
  ) -> PortableEncoder {
    PortableEncoder(
      kind, settings.map { JSON.Member($0.key, $0.value) } + [JSON.Member("encoder", json)],
      parameters.entries + tensors.map { (name: "encoder." + $0.name, tensor: $0.tensor) }, file)
  }

  /// `{"kind": …}` with the settings beside.
  public var json: JSON { .object([JSON.Member("kind", .string(kind))] + settings) }
}

extension Parameters {
  /// The same tensors with the last part of a name replaced: `norm.scale` by `norm.weight` for `["scale": "weight"]`.
  public func renamed(_ names: [String: String]) -> Parameters {
    Parameters(
      entries.map { entry in
        var parts = entry.name.split(separator: ".").map(String.init)
        if let last = parts.popLast() { parts.append(names[last] ?? last) }
        return (name: parts.joined(separator: "."), tensor: entry.tensor)
      })
  }
}
