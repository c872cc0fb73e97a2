import Samples

/// The formats that come with Couplet.
public enum SampleReaders {
  /// Makes the formats of this module known to `SampleFormats`; a second call does nothing.
  public static func register() { _ = once }

  private static let once: Void = SampleFormats.register(NetCDFReader())
}
