import FloorTestSupport
import Testing

@testable import FloorSim
@testable import Shared

/// What the page's figures say, and how its axes are divided.
@Suite("Backtest page: figures")
struct PageFigureTests {
  private func rows(_ page: PageReader, _ index: Int) -> PageReader.Element? { page.all("tr").dropFirst(index).first }

  @Test(
    "Markets have a bar each up to forty, the largest results; the rest is one line, and all lines are the whole result"
  )
  func markets() throws {
    let trips = (0..<50).map { index in
      ReportFixture.trip(
        ReportFixture.market(index), paid: "0.50", got: Decimal6.text(500_000 + (index - 25) * 10_000), at: 300 * index)
    }
    let report = try ReportFixture.report(trips)
    let html = ResultPictures.section(report).text
    let page = PageReader("<!DOCTYPE html><p>\(html)</p>")
    #expect(page.problems.isEmpty)
    let names = page.all("td").map(\.text).filter { $0.hasPrefix("btc-updown") }
    #expect(names.count == 40 && page.text.contains("10 more together"))
    // The best is the last market (+0.24 a share), the worst the first (−0.25); the smallest results have no bar.
    #expect(names.first == ReportFixture.market(49).text && names.last == ReportFixture.market(0).text)
    #expect(!names.contains(ReportFixture.market(26).text))
    let shown = page.all("td").filter { $0.attributes["class"]?.hasPrefix("n") ?? false }.compactMap {
      Double($0.text.drop { $0 == "+" })
    }
    #expect(abs(shown.reduce(0, +) - Double(report.statistics.summary.pnl.micros) / 1e6) < 0.3)
    #expect(shown.count == 41)
  }

  @Test("Hours have their sum and their number of trips")
  func hours() throws {
    // The first window opens at 13:15 UTC.
    let trips = [
      ReportFixture.trip(at: 0, pUp: nil), ReportFixture.trip(at: 60), ReportFixture.trip(got: "0", at: 3600),
    ]
    let page = PageReader("<!DOCTYPE html><p>\(ResultPictures.section(try ReportFixture.report(trips)).text)</p>")
    let hints = page.all("title").map(\.text).filter { $0.contains(":00 to") }
    #expect(hints == ["13:00 to 13:59: 2 trips, 7.80 $", "14:00 to 14:59: 1 trip, -6.10 $"])
    #expect(page.all("rect").map { $0.attributes["class"] } == ["gain", "loss"])
  }

  @Test("Gross, fees and net of an agent add up on the page")
  func fees() throws {
    let report = try ReportFixture.report([ReportFixture.trip(), ReportFixture.trip(got: "0.20", exit: "stop_loss")])
    let page = PageReader("<!DOCTYPE html><p>\(CostTables.section(report).text)</p>")
    let cells = page.all("td").map(\.text)
    // Ten shares each: +4 and −4 gross, ten cents of fees each.
    let at = try #require(cells.firstIndex(of: "gross"))
    #expect(cells[at + 1] == "0.00")
    #expect(cells[try #require(cells.firstIndex(of: "fees")) + 1] == "-0.20")
    #expect(cells[try #require(cells.firstIndex(of: "net")) + 1] == "-0.20")
    let stop = try #require(cells.firstIndex(of: "stop_loss"))
    #expect(cells[stop + 1] == "1" && cells[stop + 2] == "-4.10")
  }

  @Test("Reasons are counted by who refused, the most frequent first, the tail in one bar")
  func reasons() throws {
    var report = try ReportFixture.report([])
    for index in 1...15 {
      report.agents[0].tally.note(
        Decision(
          kind: .refusal, reason: "reason_\(index)", market: nil, outcome: nil, intent: nil, detail: .null,
          feedBoot: "",
          feedOrder: 0, eventCursor: 0, now: report.coverage.from, count: Int64(index)))
    }
    report.refused = ["venue_fak_no_match": 2]
    let page = PageReader("<!DOCTYPE html><p>\(ReasonTables.section(report).text)</p>")
    let cells = page.all("td").map(\.text).filter { !$0.isEmpty }
    #expect(cells.prefix(4) == ["reason_15", "15", "reason_14", "14"])
    // 1 + 2 + 3.
    #expect(cells[try #require(cells.firstIndex(of: "3 more reasons")) + 1] == "6")
    #expect(cells.suffix(2) == ["venue_fak_no_match", "2"])
    #expect(page.all("h3").map(\.text) == ["momentum-1", "The record and the venue"])
  }

  @Test("Five hundred trips are listed whole; of more, the largest gains and losses, and the page says so")
  func tripTable() throws {
    func trips(_ count: Int64) -> [RoundTrip] {
      (0..<count).map { index in
        ReportFixture.trip(paid: "0.50", got: Decimal6.text(100_000 + index * 1000), at: index)
      }
    }
    func lines(_ count: Int64) throws -> (rows: Int, text: String) {
      let page = PageReader("<!DOCTYPE html><p>\(TripTable.section(try ReportFixture.report(trips(count))).text)</p>")
      return (page.all("tr").count - 1, page.text)
    }
    let whole = try lines(500)
    #expect(whole.rows == 500 && whole.text.contains("All 500, oldest first."))
    let part = try lines(700)
    #expect(part.rows == 500 && part.text.contains("250 largest losses of 700"))
    let chosen = TripTable.chosen(trips(700))
    #expect(chosen == Array(trips(700).prefix(250) + trips(700).suffix(250)))
  }

  @Test("Probabilities are calibrated where a strategy states them; where none does, a sentence says so")
  func calibration() throws {
    let without = PageReader(try ReportFixture.report([ReportFixture.trip()], [ReportFixture.slug: .one]).page)
    #expect(without.text.contains("there is nothing to calibrate"))
    let trips = [
      ReportFixture.trip(ReportFixture.market(0), paid: "0.80", pUp: 0.9),
      ReportFixture.trip(ReportFixture.market(1), .no, paid: "0.90", pUp: 0.1),
    ]
    let report = try ReportFixture.report(trips, [ReportFixture.market(0): .one, ReportFixture.market(1): .zero])
    let page = PageReader(report.page)
    #expect(page.all("circle").count { $0.attributes["class"] == "model" } == 2)
    #expect(page.all("circle").count { $0.attributes["class"] == "paid" } == 2)
    let cells = page.all("td").map(\.text)
    let model = try #require(cells.firstIndex(of: "model"))
    // 0.1² twice, and (0.2² + 0.1²) / 2; −ln 0.9.
    #expect(cells[model + 1] == "0.0100" && cells[model + 2] == "0.1054")
    #expect(cells[try #require(cells.firstIndex(of: "price paid")) + 1] == "0.0250")
  }

  @Test("Ticks are round, inside and few, whatever the range", arguments: Seeds.some(6))
  func ticks(seed: UInt64) {
    #expect(Scale([0, 1], from: 0, to: 100).ticks(5).values == [0, 0.2, 0.4, 0.6000000000000001, 0.8, 1])
    #expect(Scale([967.2, 1000], from: 0, to: 100).ticks(4).values == [970, 980, 990, 1000])
    #expect(Scale([0, 0.003], from: 0, to: 100).ticks(3).decimals == 3)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let size = Elementary.exp(random.uniform() * 30 - 12)
      let values = (0..<3).map { _ in (random.uniform() - 0.5) * size }
      let scale = Scale(values, from: 200, to: 10)
      let ticks = scale.ticks(5).values
      #expect(ticks.count <= 6 && ticks.allSatisfy { $0 >= scale.low - 1e-9 * size && $0 <= scale.high + 1e-9 * size })
      // Labels have six decimals: a range of less than ten of their steps has fewer.
      #expect(ticks.count >= 2 || values.max()! - values.min()! < 1e-5)
      for value in values {
        let place = scale.place(value)
        #expect(place.map { (9.999...200.001).contains($0) } == true)
      }
    }
    let odd = Scale([.nan, .infinity], from: 0, to: 10)
    #expect(odd.place(0.5) != nil && odd.place(.nan) == nil && odd.low < odd.high)
    #expect(Scale([5, 5, 5], from: 0, to: 10).place(5) == 5)
  }

  @Test("Times are told at round moments of the day: seconds in a short recording, dates in a long one")
  func times() {
    let start = MarketTime(seconds: TapeFixture.start)  // 2026-11-20T13:15:00Z
    func ticks(_ seconds: Int64) -> [String] {
      TimeScale(start, start.advanced(by: .seconds(seconds)), start: 0, end: 100).ticks(5).map(\.text)
    }
    #expect(ticks(20) == ["13:15:00", "13:15:05", "13:15:10", "13:15:15", "13:15:20"])
    #expect(ticks(300) == ["13:15", "13:16", "13:17", "13:18", "13:19", "13:20"])
    #expect(ticks(86_400) == ["18:00", "11-21", "06:00", "12:00"])
    #expect(ticks(10 * 86_400).first == "11-22" || ticks(10 * 86_400).first == "11-21")
    #expect(ticks(0).count >= 1)
    let scale = TimeScale(start, start.advanced(by: .seconds(100)), start: 0, end: 100)
    #expect(scale.place(start.advanced(by: .seconds(25))) == 25)
    #expect(scale.place(start.advanced(by: .seconds(900))) == 100)
  }
}
