/// What missing values of vectors are filled with: the means of the data that a model was trained on, so that later data
/// are filled as those were, and have as many columns.
public struct SampleFill: Codable, Hashable, Sendable {
  /// Of each column, over the values that are there.
  public let means: [Double]
  /// The columns that have one beside them which says where a value was missing (`MissingValues.mask`).
  public let marks: [Int]

  /// The means of all columns, and those with marks.
  public init(means: [Double], marks: [Int]) { (self.means, self.marks) = (means, marks) }
}
