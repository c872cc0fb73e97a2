import SampleReaders
import Simulators

/// Everything that data can be read from.
public enum Formats {
  /// Makes the formats of files and the simulators known; a second call does nothing.
  public static func register() {
    SampleReaders.register()
    Simulators.register()
  }
}
