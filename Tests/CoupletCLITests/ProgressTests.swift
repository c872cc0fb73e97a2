import Testing

@testable import CoupletCLI

@Suite struct ProgressTests {
  private func line(_ done: Int, _ total: Int, rate: Double, note: String = "") -> ProgressLine {
    ProgressLine(done: done, total: total, rate: rate, unit: "pairs", note: note)
  }

  @Test("share, rate and time left")
  func plain() {
    #expect(
      line(4_500, 10_000, rate: 1_250, note: "epoch 1").plain
        == " 45 %  1,250 pairs/s  0:05 left  epoch 1")
    #expect(line(0, 100, rate: 0).plain == "  0 %")
    #expect(line(100, 100, rate: 2.34).plain == "100 %  2.3 pairs/s")
    #expect(line(1, 8_000, rate: 1).plain == "  0 %  1.0 pairs/s  2:13:19 left")
    #expect(line(0, 0, rate: 0).plain == "100 %")
  }

  @Test("the bar has one length, and the line fits the terminal")
  func bar() {
    #expect(line(1, 2, rate: 0).bar(width: 80) == "[============>           ]  50 %")
    #expect(line(2, 2, rate: 0).bar(width: 80) == "[========================] 100 %")
    #expect(line(0, 2, rate: 0).bar(width: 80) == "[>                       ]   0 %")
    #expect(line(1, 2, rate: 5, note: String(repeating: "x", count: 99)).bar(width: 60).count == 60)
    let state = line(45, 100, rate: 12, note: "epoch 12/60  loss -3.21  validation -2.95")
    #expect(state.bar(width: 100).hasPrefix("[==========>             ]  45 %  12 pairs/s"))
    #expect(state.bar(width: 80).hasPrefix("[==>   ]  45 %  12 pairs/s"))
    // In order: the bar, the rate, the end of the note are left out.
    #expect(
      state.bar(width: 64) == " 45 %  0:05 left  epoch 12/60  loss -3.21  validation -2.95")
    #expect(state.bar(width: 30) == " 45 %  0:05 left  epoch 12/60 ")
  }

  @Test("epochs have few lines, however many they are")
  func lines() {
    func shown(_ epochs: Int) -> [Int] { (1...epochs).filter(TrainingProgress.isShown) }
    #expect(shown(100) == [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100])
    #expect(shown(1_000).suffix(7) == [100, 150, 200, 300, 500, 700, 1_000])
    #expect(shown(3_000).count == 21)
  }
}
