import FloorTestSupport
import Testing

@testable import FloorSim
@testable import Shared

/// The page as a file that others open: whole, closed to the outside, readable without seeing it.
@Suite("Backtest page")
struct PageTests {
  private static let busy: JSON = ["input": "token_mid", "lookback_s": 5, "threshold_token_mid_points": "0.02"]

  private func random(_ seed: UInt64, windows: Int = 3) throws -> BacktestReport {
    try Backtest.run(
      TapeFixture.random(seed, windows: windows),
      [agent("momentum", PageTests.busy), agent("reversion", PageTests.busy), agent("drill")],
      settings { $0.keepsPaths = true }
    ).report
  }

  private func read(_ report: BacktestReport) -> PageReader {
    let page = PageReader(report.page)
    #expect(page.problems.isEmpty)
    #expect(page.wrongPlaces.isEmpty)
    return page
  }

  @Test("A page is one well-formed file that loads nothing, runs nothing and points nowhere", arguments: Seeds.some(4))
  func whole(seed: UInt64) throws {
    let report = try random(seed)
    let page = read(report)
    #expect(page.all("html").count == 1 && page.all("script").isEmpty && page.all("svg").count > 2)
    let strangers: Set = [
      "link", "img", "image", "use", "iframe", "object", "embed", "a", "form", "base", "foreignObject",
    ]
    #expect(page.elements.allSatisfy { !strangers.contains($0.name) })
    for element in page.elements {
      #expect(element.attributes.keys.allSatisfy { $0 != "href" && $0 != "src" && !$0.hasPrefix("on") })
    }
    let css = try #require(page.all("style").first).text
    #expect(!css.contains("url(") && !css.contains("@import") && !css.contains("@font-face"))
    #expect(!report.page.contains("://"))
    #expect(report.page == (try random(seed)).page)
  }

  @Test(
    "Every drawing has a size of its own only as a shape, a title and a sentence; no id stands twice",
    arguments: Seeds.some(2))
  func accessible(seed: UInt64) throws {
    let page = read(try random(seed))
    let ids = page.elements.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
    for svg in page.all("svg") {
      #expect(svg.attributes["viewBox"] != nil && svg.attributes["width"] == nil && svg.attributes["height"] == nil)
      #expect(svg.attributes["role"] == "img")
      for id in try #require(svg.attributes["aria-labelledby"]).split(separator: " ") {
        let named = try #require(page.elements.first { $0.attributes["id"] == String(id) })
        #expect(["title", "desc"].contains(named.name) && !named.text.isEmpty)
      }
    }
    #expect(page.all("meta").contains { $0.attributes["name"] == "viewport" })
    #expect(try #require(page.all("style").first).text.contains("prefers-color-scheme:dark"))
  }

  @Test("Text from outside stays text, whatever it is")
  func hostile() throws {
    let evil = "<script>alert('x')</script>\" onload=\"y\" & </td></table><!--\u{0}\u{7F}"
    var report = try ReportFixture.report(
      [ReportFixture.trip(entry: evil, exit: evil, pUp: 0.7)], [ReportFixture.slug: .one])
    report.agents[0].strategy = evil
    report.agents[0].parameters = .object([JSON.Member(evil, .string(evil))])
    report.agents[0].tally.note(
      Decision(
        kind: .refusal, reason: evil, market: nil, outcome: nil, intent: nil, detail: .null, feedBoot: "", feedOrder: 0,
        eventCursor: 0, now: report.coverage.from, count: 3))
    report.refused = [evil: 2]
    report.modes = [.init(at: report.coverage.from, mode: .reduceOnly, reason: evil)]
    let page = read(report)
    #expect(page.all("script").isEmpty)
    #expect(page.elements.allSatisfy { $0.attributes["onload"] == nil })
    let shown = "<script>alert('x')</script>\" onload=\"y\" & </td></table><!--\u{FFFD}\u{FFFD}"
    // Strategy, parameter and value, entry, exit (table of exits and of trips), agent's reason, venue's reason, the mode's reason.
    #expect(page.text.components(of: shown) >= 8)
  }

  @Test("Escaping leaves every other character as it is")
  func escaped() {
    #expect(HTML.escaped("p̂ = ½ – “ok”\n") == "p̂ = ½ – “ok”\n")
    #expect(HTML.escaped("a<b>&\"'") == "a&lt;b&gt;&amp;&quot;&#39;")
    let part: HTML = "<b>\("<i>")</b>"
    #expect(("\(part)\([part])" as HTML).text == "<b>&lt;i&gt;</b><b>&lt;i&gt;</b>")
    #expect(HTML.place(.nan).text == "0.0" && HTML.place(-.infinity).text == "0.0" && HTML.place(-1.25).text == "-1.3")
  }

  @Test("No trip, one trip, only losses, equal results: every place in a drawing is a number")
  func corners() throws {
    let nothing = read(try Backtest.run([], [agent("momentum", holder)], settings { $0.keepsPaths = true }).report)
    #expect(nothing.all("svg").isEmpty && nothing.text.contains("momentum-1 made no trade: nothing is shown."))
    let nobody = read(try Backtest.run([], [], settings()).report)
    #expect(nobody.text.contains("No agent ran."))
    let one = read(try ReportFixture.report([ReportFixture.trip()]))
    #expect(one.all("svg").count == 2)
    let lost = (0..<3).map { ReportFixture.trip(ReportFixture.market($0), got: "0", at: 100 + 300 * $0, pUp: 0.9) }
    let losses = read(
      try ReportFixture.report(lost, Dictionary(uniqueKeysWithValues: lost.map { ($0.market, Price.zero) })))
    #expect(losses.all("rect").allSatisfy { $0.attributes["class"] == "loss" })
    // The same loss everywhere: no deviation, no t.
    #expect(losses.text.contains("in 3 markets with one and the same result"))
    let even = read(try ReportFixture.report([ReportFixture.trip(paid: "0.50", got: "0.51")]))
    #expect(even.text.contains("0.00"))
    _ = read(try ReportFixture.report((0..<700).map { ReportFixture.trip(ReportFixture.market($0), at: $0 * 300) }))
  }

  @Test("A small sample is called one: below two standard errors, and below thirty markets")
  func verdicts() throws {
    func verdict(_ gains: [String]) throws -> String {
      let trips = gains.enumerated().map {
        ReportFixture.trip(ReportFixture.market(Int64($0.offset)), paid: "0.50", got: $0.element)
      }
      return PageHead.verdict(try ReportFixture.report(trips).agents[0])
    }
    // Pairs of +0.9 and −1.1 dollars: mean −0.1, deviation about 1.
    let even = try verdict(Array(repeating: ["0.60", "0.40"], count: 20).flatMap { $0 })
    #expect(even.hasSuffix("over 40 markets, less than 2 from zero: no edge is shown."))
    let few = try verdict(["0.90", "0.91", "0.92"])
    #expect(few.hasSuffix("over 3 markets. Below 30 markets that can be luck even beyond 2: no edge is shown."))
    let gain = try verdict(Array(repeating: ["0.90", "0.80"], count: 20).flatMap { $0 })
    #expect(gain.hasSuffix("It counts only if these parameters were chosen without looking at these days."))
    let loss = try verdict(Array(repeating: ["0.10", "0.20"], count: 20).flatMap { $0 })
    #expect(loss.hasSuffix("a loss beyond what luck explains."))
    #expect(read(try ReportFixture.report([ReportFixture.trip()])).text.contains("no edge is shown"))
  }

  @Test(
    "Every round trip of the busiest markets is drawn with an entry and an end, in the colour of its result",
    arguments: Seeds.some(4))
  func tripsOnPrice(seed: UInt64) throws {
    let report = try random(seed)
    let drawn = report.trips.filter { trip in report.paths.contains { $0.market == trip.market } }
    let page = read(report)
    let entries = page.all("path").filter { $0.attributes["class"]?.hasPrefix("mark hollow") ?? false }
    let won = drawn.count { $0.pnl > .zero }
    #expect(entries.count == drawn.count && !drawn.isEmpty)
    #expect(entries.count { $0.attributes["class"] == "mark hollow won" } == won)
    #expect(page.all("circle").count { $0.attributes["class"] == "mark won" } == won)
    #expect(page.all("path").count { $0.attributes["class"] == "plain lost" } == drawn.count - won)
    #expect(page.all("path").count { $0.attributes["class"] == "band" } >= report.paths.count)
  }

  @Test("What a strategy set otherwise than built in is named, and all parameters stand beside")
  func parameters() throws {
    let page = read(try ReportFixture.report([]))
    let list = ParameterList(try ReportFixture.report([]).agents[0]).settings
    #expect(list.count == StrategyRegistry.kind("momentum")?.parameters.count)
    let changed = list.filter { $0.value != $0.builtIn }.map(\.name)
    #expect(changed.contains("lookback_s") && changed.contains("entries_max_count"))
    #expect(page.text.contains("lookback_s = 5"))
    #expect(list.allSatisfy { setting in page.all("td").contains { $0.text == setting.name } })
  }

  @Test("Coverage, gaps, results by source, windows without one and every assumption are on the page")
  func ground() throws {
    var tape = TapeFixture()
    tape.book(1, bid: "0.50", ask: "0.52")
    tape.book(100, bid: "0.50", ask: "0.52")
    tape.price(400, "90000")
    let (report, _) = try Backtest.run(tape.frames, [agent("momentum", holder)], settings())
    let page = read(report)
    #expect(report.coverage.unprovable == 1)
    #expect(page.text.contains("1 window ended without a word on the result"))
    #expect(page.text.contains("2 longer than 10 s, at most 300 s"))
    for member in try #require(report.json["assumptions"]?.members) {
      for name in member.value.members?.map({ "\(member.key).\($0.key)" }) ?? [member.key] {
        #expect(page.all("td").contains { $0.text == name }, "\(name)")
      }
    }
    #expect(page.all("td").contains { $0.text == "BTC-5m" } && !page.text.contains("per_trade_bps\":"))
    let told = try random(1)
    #expect(read(told).text.contains("\(told.coverage.results[.told] ?? 0) told"))
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(of part: String) -> Int {
    var count = 0
    var rest = self[...]
    while let found = rest.firstRange(of: part) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
