import Shared
import Testing

@Suite("Lists read by offset") struct OffsetPagesTests {
  private func read(_ pages: [[Int]], offsetMax: Int = 3000) -> (steps: [OffsetPages<Int>.Step], rows: [Int]) {
    var reading = OffsetPages<Int>(offsetMax: offsetMax)
    return (pages.map { reading.take($0) }, reading.rows)
  }

  @Test("Short pages are no end, an empty one is; rows that moved on while we read are taken once")
  func whole() {
    let (steps, rows) = read([Array(0..<100), Array(100..<137), Array(135..<150), []])
    #expect(steps == [.ask(offset: 100), .ask(offset: 137), .ask(offset: 150), .whole])
    #expect(rows == Array(0..<150))
    #expect(read([[]]).steps == [.whole])
  }

  @Test("The same page again is the end of what is given: a part")
  func repeated() {
    let (steps, rows) = read([[1, 2], [3, 4], [3, 4]])
    #expect(steps.last == .part && rows == [1, 2, 3, 4])
  }

  @Test(
    "Pages that bring nothing new end the reading as a part, however they differ and however long ago they were seen")
  func noGrowth() {
    let begin = (0..<11).map { Array($0 * 100..<$0 * 100 + 100) }
    // Beyond its last offset this service begins anew; that one answers another stretch at each call.
    for again in [Array(0..<100), Array(1050..<1100), Array(340..<350)] {
      let (steps, rows) = read(begin + [again])
      #expect(steps.last == .part && rows == Array(0..<1100), "\(again.first ?? -1)")
    }
  }

  @Test("Beyond the last offset nothing is asked: a part")
  func capped() {
    #expect(read([[1, 2], [3, 4]], offsetMax: 3).steps == [.ask(offset: 2), .part])
  }
}
