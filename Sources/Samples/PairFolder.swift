import Files
import Foundation
import Torch

/// Pairs as files of a folder: `u.npy` and `v.npy`, or files of these names in any other format, and `u-test.npy` and
/// `v-test.npy` when either is there.
enum PairFolder {
  static func read(
    _ folder: String, _ options: DataOptions, _ report: @escaping @Sendable (String) -> Void
  ) throws -> Dataset {
    let names = try Folder.names(in: folder)
    func files(_ suffix: String) throws -> [String] {
      try [Modality.u, .v].map { modality in
        let name = modality.name + suffix
        let candidates = names.filter { stem($0) == name }.sorted()
        guard candidates.count <= 1 else {
          throw Failure(
            "\(candidates.joined(separator: " and ")) are both \(name)", at: folder,
            remedy: "leave one of them there, or give two files in place of the folder")
        }
        guard let file = candidates.first else {
          throw Failure(
            "there is no \(name).npy", at: folder,
            remedy:
              "pairs are u.npy and v.npy, and for tests u-test.npy and v-test.npy, or files "
              + "of these names in another format")
        }
        return "\(folder)/\(file)"
      }
    }
    func pairs(_ files: [String], _ options: DataOptions, like training: PairedData? = nil) throws
      -> PairedData
    {
      try .reading(
        zip([Modality.u, .v], files).map { modality, file in
          let samples = try SampleFormats.read(
            file, options.samples(of: modality, report: report))
          return (modality, try samples.matching(training?[modality].space))
        }, files: files, options, report: report)
    }
    let hasTest = names.contains { ["u-test", "v-test"].contains(stem($0)) }
    let (known, new) = (try files(""), hasTest ? try files("-test") : [])
    let training = try pairs(known, options)
    // A file with the groups of the training pairs says nothing of the others.
    var optionsOfTest = options.filling(as: training)
    if options.groups?.file != nil { optionsOfTest.groups = nil }
    return try Dataset(
      name: folder, training: training,
      test: hasTest ? pairs(new, optionsOfTest, like: training) : nil,
      files: known + new)
  }

  private static func stem(_ name: String) -> String {
    String(name.prefix { $0 != "." })
  }
}

extension SampleSource {
  /// The same samples in a space that is known from others: labels as places in its set, a column of numbers as
  /// labels or as real numbers.
  /// - Throws: `Failure` when they do not lie in it.
  public func matching(_ known: SampleSpace?) throws -> any SampleSource {
    guard let known, known != space else { return self }
    switch (known, self) {
    case (.labels(let set), let labels as LabelSamples): return try labels.recoded(by: set)
    case (.labels(let set), _) where space.size == 1:
      let options = SampleOptions(space: .labels)
      let labels = try RawSamples.numbers(self).settled(options)
      return try (labels as? LabelSamples)?.recoded(by: set) ?? labels
    case (.real(let shape), let labels as LabelSamples) where shape.isEmpty || shape == [1]:
      return try labels.asNumbers(shape: shape)
    case (.text, let labels as LabelSamples):
      return TextSamples(labels.places.map { labels.labels.names[$0] }, name: name)
    default:
      throw Failure(
        "the samples are \(space.inWords), not \(known.inWords)", at: name,
        remedy: "give data of the same kind as those of the training")
    }
  }
}

extension LabelSamples {
  /// The numbers that labels are named by, where numbers are what is asked for.
  fileprivate func asNumbers(shape: [Int]) throws -> any SampleSource {
    let values = try labels.names.map { name in
      guard let value = Double(name) else {
        throw Failure(
          "'\(name)' is not a number", at: self.name,
          remedy: "give data of the same kind as those of the training")
      }
      return value
    }
    return TensorSamples(
      Tensor(places.map { values[$0] }, shape: [count] + shape), space: .real(shape: shape),
      name: name)
  }
}
