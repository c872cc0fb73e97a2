/// How processes of one machine that decode the same files in the same order share what they decode: one of them writes it to
/// its scratch file, which all map. Without it each would keep a copy.
package struct ScratchSharing: Sendable {
  /// Whether this process writes for the others.
  package let writes: Bool
  /// The bytes that what is decoded of a file may take in the memory of a process: the same number in all of them.
  package let memory: Int
  /// Gives every process the text of the one that writes; returns once all have asked.
  package let told: @Sendable (String) -> String

  package init(writes: Bool, memory: Int, told: @escaping @Sendable (String) -> String) {
    (self.writes, self.memory, self.told) = (writes, memory, told)
  }

  /// That in which files are decoded here; nil for a process of its own.
  @TaskLocal package static var current: ScratchSharing?
}
