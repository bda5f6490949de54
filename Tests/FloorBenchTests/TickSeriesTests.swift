import Testing

@testable import FloorBench

@Suite("A series of ticks")
struct TickSeriesTests {
  @Test("a book asked for between two ticks is as old as the tick before it, and older than the next")
  func bookInBetween() {
    var series = TickSeries(toPeers: false, count: 5, every: 1, rate: 200, after: 1_000, now: 7)
    #expect(series.bookStamp == 1_000)
    for number in 0..<5 {
      #expect(!series.isOver)
      #expect(series.bookStamp < series.stamp(of: number))
      series.sent.append(Int64(number))
      #expect(series.bookStamp == series.stamp(of: number))
    }
    #expect(series.isOver && series.bookStamp == 1_025)
  }

  @Test("ticks are due and stamped a step of their rate apart, from one step after the start")
  func steps() {
    let series = TickSeries(toPeers: true, count: 9, every: 10, rate: 1000, after: 40, now: 100)
    #expect(series.due == 1_000_100 && series.interval == 1_000_000)
    #expect(series.stamp(of: 0) == 41 && series.stamp(of: 8) == 49)
  }
}
