import Files
import Samples
import Testing
import Torch

@Suite struct GroupsTests {
  @Test func numbersFollowFirstOccurrence() {
    let groups = Groups(["b", "a", "b", "c"])
    #expect(groups.numbers == [0, 1, 0, 2])
    #expect(groups.members == [[0, 2], [1], [3]])
    #expect(groups.select([3, 1, 3]).numbers == [0, 1, 0])
    #expect(!groups.areTrivial && groups.largest == 2)
  }

  @Test func pairsThatShareAMarkInAnyListAreJoined() {
    let groups = Groups.joining([[0, 0, 2, nil, 4], [0, 1, 2, 2, nil]], count: 5)
    #expect(groups.numbers == [0, 0, 1, 1, 2])
  }

  /// Of groups of equal size every row is drawn exactly once.
  @Test func drawsTakeAllRowsInTurn() {
    let groups = Groups((0..<30).map { $0 % 10 })
    let draws = groups.draws(key: Key(3))
    #expect(draws.count == 3)
    #expect(draws.flatMap { $0 }.sorted() == Array(0..<30))
    for draw in draws { #expect(draw.map { groups.numbers[$0] } == Array(0..<10)) }
    // Rows of one group with one mark are one candidate; those of different groups are not.
    #expect(Groups([0, 0, 0, 1]).distinct([7, 7, nil, 7]) == [0, 2, 3])
  }

  /// One of each group, another one in other epochs, the same for the same key.
  @Test func anEpochHasOnePairOfEachGroup() throws {
    let pairs = try PairedData(
      u: .arange(60).to(.float32), v: .arange(60).to(.float32),
      groups: Groups((0..<60).map { $0 / 6 }))
    #expect(pairs.pairsPerEpoch == 10)
    let epochs = try (0..<20).map {
      try pairs.pairs(epoch: $0, key: Key(5)).u.array(Float.self).map { Int($0) }
    }
    for epoch in epochs { #expect(epoch.map { $0 / 6 } == Array(0..<10)) }
    #expect(Set(epochs).count == 20)
    // Each of 60 is left out with probability (5/6)²⁰ = 0.03.
    #expect(Set(epochs.flatMap { $0 }).count > 50)
    #expect(try pairs.pairs(epoch: 3, key: Key(5)).u.array(Float.self).map { Int($0) } == epochs[3])
  }

  // MARK: Split

  @Test(arguments: [0.1, 0.3]) func noGroupIsInBothParts(_ fraction: Double) throws {
    let groups = Groups((0..<1000).map { ($0 * $0) % 97 })
    let pairs = try PairedData(u: .ones([1000, 1]), v: .ones([1000, 1]), groups: groups)
    let split = try Split(of: pairs, heldOut: fraction, key: Key(2))
    #expect((split.training + split.heldOut).sorted() == Array(0..<1000))
    let parts = [split.training, split.heldOut].map { Set($0.map { groups.numbers[$0] }) }
    #expect(parts[0].isDisjoint(with: parts[1]))
    // Nearer than the largest group is large.
    #expect(abs(Double(split.heldOut.count) - fraction * 1000) < Double(groups.largest))
  }

  /// A tenth of each label, of which 12 pairs have the rarest.
  @Test func labelsKeepTheirProportions() throws {
    let labels = (0..<1000).map { $0 < 12 ? 0 : $0 < 300 ? 1 : 2 }
    let pairs = try PairedData(u: .ones([1000, 1]), v: Tensor(labels))
    for seed in 0..<5 as Range<UInt64> {
      let split = try Split(of: pairs, heldOut: 0.1, key: Key(seed))
      let counts = (0..<3).map { label in split.heldOut.count { labels[$0] == label } }
      #expect(zip(counts, [1.2, 28.8, 70]).allSatisfy { abs(Double($0) - $1) <= 1 }, "\(counts)")
    }
  }

  @Test func oneGroupCannotBeSplit() throws {
    let pairs = try PairedData(u: .ones([4, 1]), v: .ones([4, 1]), groups: Groups([0, 0, 0, 0]))
    #expect(throws: Failure.self) { try Split(of: pairs, heldOut: 0.1, key: Key(0)) }
  }

  // MARK: Repeats

  @Test func samplesThatRepeatFormGroups() throws {
    let images = Tensor.normal([40, 3], key: Key(0))
    let u = images.indexSelect(Tensor((0..<200).map { $0 / 5 }))
    let pairs = try PairedData(u: u, v: .normal([200, 2], key: Key(1)))
    let found = try Repeats.groups(of: pairs)
    #expect(found.groups == Groups((0..<200).map { $0 / 5 }) && found.warnings.isEmpty)
    // Of v likewise, and of both together.
    let both = try PairedData(
      u: u, v: Tensor.normal([100, 2], key: Key(1)).indexSelect(Tensor((0..<200).map { $0 % 100 })))
    #expect(try Repeats.groups(of: both).groups?.count == 20)
    #expect(try Repeats.distinct(in: TensorSamples(u))?.first == (0..<40).map { 5 * $0 })
    #expect(try Repeats.distinct(in: TensorSamples(images)) == nil)
  }

  /// Labels and single numbers repeat by chance, and so do blank images.
  @Test func someRepetitionsMeanNothing() throws {
    let labels = try PairedData(
      u: Tensor((0..<100).map { $0 % 20 }), v: .normal([100, 2], key: Key(1)))
    #expect(try Repeats.groups(of: labels).groups == nil)
    let numbers = Tensor((0..<100).map { Double($0 % 20) }, shape: [100, 1])
    #expect(try Repeats.groups(of: PairedData(u: numbers, v: numbers)).groups == nil)
    let blank = cat([Tensor.zeros([8, 3]), .normal([92, 3], key: Key(0))])
    #expect(try Repeats.groups(of: PairedData(u: blank, v: blank)).groups == nil)
  }

  /// More than a tenth in one group is a property of the samples: said, with the commonest one, and not done.
  @Test func whatIsTooCommonIsNoGroup() throws {
    let rows = (0..<100).map { $0 < 11 ? 4 : $0 + 20 }
    let u = Tensor.normal([200, 3], key: Key(0)).indexSelect(Tensor(rows))
    let found = try Repeats.groups(of: PairedData(u: u, v: .normal([100, 3], key: Key(1))))
    #expect(found.groups == nil)
    #expect(
      found.warnings.count == 1 && found.warnings[0].contains("11 of 100 equal that of row 0"))
    // Small groups of u and of v that chain into a large one are as bad; the groups of u stay.
    let chain = try PairedData(
      u: Tensor.normal([50, 3], key: Key(0)).indexSelect(Tensor((0..<100).map { $0 / 2 })),
      v: Tensor.normal([51, 3], key: Key(1)).indexSelect(Tensor((0..<100).map { ($0 + 1) / 2 })))
    let chained = try Repeats.groups(of: chain)
    #expect(chained.groups?.count == 50 && chained.warnings.count == 1)
  }

  // MARK: Rows

  @Test func selectionsRememberTheirRows() throws {
    let pairs = try PairedData(u: .arange(10), v: .arange(10))
    let part = pairs.select([9, 4, 2]).select([2, 0])
    #expect(part.fileRows == [2, 9])
    #expect(try part.inMemory().fileRow(1) == 9 && pairs.fileRow(1) == 1)
  }

  // MARK: Range

  @Test func farSamplesAreNamed() throws {
    let samples = TensorSamples(Tensor([0, 10, 5, 1, 20, 5, 0.5, 15, 5], shape: [3, 3]))
    let range = try #require(try SampleRange(of: samples))
    #expect(range.lower == [0, 10, 5] && range.upper == [1, 20, 5])
    #expect(range.strangers(among: Tensor([1.9, 29, 9, -0.9, 1, 1], shape: [2, 3])) == nil)
    let line = try #require(range.strangers(among: Tensor([0, 10, 5, 0, 31, 5], shape: [2, 3])))
    #expect(
      line.contains("1 of 2 samples")
        && line.contains("row 1 has 31 at place 1, the training 10 to 20"))
    // A constant coordinate is left by more than its own size.
    #expect(range.strangers(among: Tensor([0, 10, 11], shape: [1, 3])) != nil)
    // Images have one range: bytes where the training had parts of 1.
    let images = try #require(try SampleRange(of: TensorSamples(.uniform([9, 4, 4], key: Key(0)))))
    #expect(images.lower.count == 1)
    #expect(images.strangers(among: Tensor.full([1, 4, 4], 255)) != nil)
    #expect(try SampleRange(of: TensorSamples(.arange(3))) == nil)
  }

  @Test func whatRoundingLosesIsSaid() throws {
    let z = Tensor.normal([1000, 2], key: Key(0), dtype: .float64)
    let offset = TensorSamples(
      cat([z.narrow(dim: 1, 0..<1), z.narrow(dim: 1, 1..<2) + 1e6], dim: 1))
    #expect(try offset.lossOfRounding()?.contains("column 1") == true)
    #expect(try TensorSamples(z + 1e3).lossOfRounding() == nil)
    // What is in single precision already loses nothing more.
    #expect(try TensorSamples((z + 1e6).to(.float32)).lossOfRounding() == nil)
  }
}
