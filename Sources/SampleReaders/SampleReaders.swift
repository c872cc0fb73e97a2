import Samples

/// The formats that come with Couplet.
public enum SampleReaders {
  /// Makes the formats of this module known to `SampleFormats` and `DataSource`; a second call does nothing.
  public static func register() { _ = once }

  /// The samples that `FILE[:MEMBER]` names, in any of these formats.
  /// - Throws: `Failure` naming the file, and the place in it, of anything missing or damaged.
  public static func read(_ text: String, _ options: SampleOptions = .init()) throws
    -> any SampleSource
  {
    register()
    return try SampleFormats.read(text, options)
  }

  private static let once: Void = {
    SampleFormats.register(
      ImageFolderReader(), NpyReader(), NpzReader(), SafetensorsReader(), IDXReader(), TextReader(),
      NetCDFReader())
    for format in TableReader.all { SampleFormats.register(format) }
    DataSource.register(MNIST())
  }()
}
