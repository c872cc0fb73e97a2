import CZlib

/// The library that inflates gzip files.
public enum Zlib {
  /// Its version, for example "1.2.13".
  public static var version: String { String(cString: zlibVersion()) }
}
