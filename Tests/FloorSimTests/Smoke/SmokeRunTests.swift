import FloorSim
import Shared
import Testing

@Suite("Smoke, without its sockets") struct SmokeRunTests {
  private func value(_ key: String, _ line: String?) -> String? { SmokeHarness.value(key, line) }

  @Test("Everything is there: the markers come in their order, the order is filled, and it is a go") func go() throws {
    var harness = try SmokeHarness()
    try harness.steps(seconds: 20)
    #expect(harness.hasEnded && harness.run.verdict == .go)
    let order = [
      "SETTINGS_PROFILE=paper DRY_RUN=True", "RESOLVED_MARKETS", "MARKET", "BOOK_SNAPSHOT", "SNAPSHOT", "CANDIDATE",
      "PAPER_ORDER", "SUMMARY",
    ]
    let firsts = order.compactMap { word in harness.lines.firstIndex { $0.hasPrefix("[SMOKE] \(word)") } }
    #expect(firsts.count == order.count && firsts == firsts.sorted(), "\(harness.lines)")
    #expect(harness.lines.allSatisfy { $0.hasPrefix("[SMOKE] ") && !$0.contains("\n") })
    #expect(harness.lines("MARKET").count == 2 && value("window", harness.lines("MARKET")[1]) == "next")
    #expect(value("settlement", harness.lines("MARKET")[0]) == "twap60")
    let rest = harness.lines("SNAPSHOT").filter { $0.contains("source=rest") }
    #expect(rest.count == 2 && rest.allSatisfy { value("agrees", $0) == "True" })
    #expect(harness.lines("SNAPSHOT").count >= 8 && value("bid", harness.lines("SNAPSHOT")[0]) == "0.6")
    let summary = harness.lines("SUMMARY").last
    #expect(value("candidate_found", summary) == "True" && value("order_result", summary) == "True")
    #expect(value("verdict", summary) == "go")
    #expect(value("rtds_events", summary).flatMap { Int($0) } == harness.run.referenceEvents)
    #expect(harness.run.referenceEvents > 0 && harness.run.marketEvents > 0)
    let json = harness.run.json
    #expect(json["verdict"] == "go" && json["failure"] == .null && json["steps"]?.array?.count == 6)
    #expect(json["order"]?["result"]?.bool == true && json["dry_run"]?.bool == true)
  }

  @Test("Before the price to beat was seen, the market's middle stands in: minus half the spread and the fee, and why")
  func candidateOfTheMarket() throws {
    var harness = try SmokeHarness()
    try harness.steps(seconds: 20)
    let line = harness.lines("CANDIDATE").first
    #expect(value("p_source", line) == "market" && value("decision", line) == "strike_missing")
    // 0.61 − 0.62 − 0.07 · 0.62 · 0.38
    #expect(value("ev", line) == "-0.026492" && value("p", line) == "0.610000" && value("fee", line) == "0.016492")
    #expect(value("outcome", line) == "Up" && value("ask", line) == "0.62")
    let order = harness.lines("PAPER_ORDER").first
    // Five shares, a tick above the ask as the limit, filled at the ask: 3.10 dollars and a fee of 0.08246.
    #expect(value("why", order) == "probe" && value("size", order) == "5" && value("limit", order) == "0.63")
    #expect(value("cost", order) == "3.1" && value("fee", order) == "0.08246" && value("cash", order) == "96.81754")
  }

  @Test("A cheap favourite cannot be: of a book at a tenth the other side is bought, with its own ask") func down()
    throws
  {
    var harness = try SmokeHarness()
    harness.top = ("0.10", "0.12")
    try harness.steps(seconds: 20)
    let line = harness.lines("CANDIDATE").first
    #expect(value("outcome", line) == "Down" && value("ask", line) == "0.9")
    #expect(harness.run.verdict == .go)
  }

  @Test(
    "With the price to beat and a volatility the model has the word, and near the close the strategy's own order goes out"
  )
  func model() throws {
    var harness = try SmokeHarness(venue: "sim", into: 272)
    harness.run.clockRead(.success(.live), at: harness.now)
    harness.top = ("0.90", "0.91")
    harness.dump(seconds: 330)
    try harness.steps(seconds: 20)
    let line = harness.lines("CANDIDATE").first
    #expect(value("p_source", line) == "model" && value("decision", line) == "enter", "\(line ?? "none")")
    let order = harness.lines("PAPER_ORDER").first
    #expect(value("why", order) == "strategy" && value("result", order) == "True")
    // Of the twenty dollars that it may spend, fee included.
    #expect(value("size", order).flatMap { Double($0) }.map { $0 > 5 && $0 < 22 } == true, "\(order ?? "none")")
    #expect(harness.run.verdict == .go)
  }

  @Test("The book moved away under three orders: killed is an answer, the order's result is False and it is a go")
  func killed() throws {
    var harness = try SmokeHarness()
    harness.restAsk = "0.70"
    try harness.steps(seconds: 20)
    #expect(harness.run.verdict == .go)
    let orders = harness.lines("PAPER_ORDER")
    #expect(orders.count == 3 && orders.allSatisfy { value("result", $0) == "False" })
    #expect(orders.allSatisfy { $0.contains("venue_fok_not_filled: 0 of 5 are there") && $0.hasSuffix("result=False") })
    #expect(value("order_result", harness.lines("SUMMARY").last) == "False")
  }

  @Test("An order that fills after one that was killed has the last word") func filledLater() throws {
    var harness = try SmokeHarness()
    harness.restAsk = "0.70"
    while harness.lines("PAPER_ORDER").isEmpty { try harness.step() }
    harness.restAsk = nil
    try harness.steps(seconds: 5)
    #expect(harness.lines("PAPER_ORDER").count == 2 && harness.run.verdict == .go)
    #expect(value("order_result", harness.lines("SUMMARY").last) == "True")
  }

  @Test("A favourite that nobody sells any more is not ordered, until somebody does") func soldOut() throws {
    var harness = try SmokeHarness(into: 285)
    while harness.lines("CANDIDATE").isEmpty { try harness.step() }
    harness.top = ("0.99", nil)
    try harness.steps(seconds: 8)
    #expect(harness.lines("PAPER_ORDER").isEmpty && !harness.hasEnded)
    harness.top = ("0.60", "0.62")
    try harness.steps(seconds: 20)
    #expect(harness.lines("PAPER_ORDER").count == 1 && harness.run.verdict == .go)
  }

  // MARK: No-go

  private func failed(_ harness: SmokeHarness, _ step: SmokeStep, _ came: String) throws {
    let line = try #require(harness.lines("FAILED").first, "\(harness.lines)")
    #expect(value("step", line) == step.rawValue)
    #expect(value("came", line)?.contains(came) == true, "\(line)")
    #expect(value("asked", line)?.isEmpty == false && value("remedy", line)?.isEmpty == false)
    let summary = harness.lines("SUMMARY")
    #expect(summary.count == 1 && harness.lines.last == summary[0])
    #expect(value("verdict", summary[0]) == "no-go" && value("step", summary[0]) == step.rawValue)
    #expect(harness.run.json["failure"]?["step"]?.string == step.rawValue)
  }

  @Test("A simulated venue that is not there: its clock is named, with what came") func noClock() throws {
    var harness = try SmokeHarness(venue: "sim")
    harness.run.clockRead(.failure(SmokeTrouble("connection refused")), at: harness.now)
    try harness.steps(seconds: 11)
    try failed(harness, .clock, "connection refused, after 10.0 s")
    #expect((10...25).contains(harness.clockQuestions) && harness.subscribed.isEmpty)
    #expect(harness.lines.last?.contains("candidate_found=False order_result=None") == true)
  }

  @Test("A series that the venue does not list") func noMarket() throws {
    var harness = try SmokeHarness()
    harness.isListed = false
    try harness.steps(seconds: 16)
    try failed(harness, .gamma, "not listed")
    #expect(harness.lines("FAILED")[0].contains("/markets/slug/btc-updown-5m-1795180500"))
  }

  @Test("Prices that are silent, and a series that settles and is left out") func noPrices() throws {
    var silent = try SmokeHarness()
    silent.speaksPrices = false
    try silent.steps(seconds: 21)
    try failed(silent, .rtds, "chainlink: not a word; twap60: not a word")
    var half = try SmokeHarness()
    half.priceKinds = ["crypto_prices_chainlink"]
    try half.steps(seconds: 21)
    try failed(half, .rtds, "twap60: not a word")
    #expect(!half.lines("CANDIDATE").isEmpty && half.lines("PAPER_ORDER").isEmpty)
  }

  @Test("Prices that came once and stand still are old") func oldPrices() throws {
    var harness = try SmokeHarness()
    let first = harness.price("crypto_prices_chainlink")
    harness.speaksPrices = false
    harness.pass(.seconds(12))
    harness.run.reference(first, at: harness.now)
    try harness.steps(seconds: 21)
    try failed(harness, .rtds, "chainlink: newest of 2026-11-20T")
  }

  @Test("A socket that tells no book, and one that tells an empty one") func noBook() throws {
    var mute = try SmokeHarness()
    mute.top = nil
    try mute.steps(seconds: 25)
    try failed(mute, .book, "no book")
    var empty = try SmokeHarness()
    empty.size = "0"
    try empty.steps(seconds: 25)
    try failed(empty, .book, "empty")
    #expect(empty.lines("BOOK_SNAPSHOT").isEmpty)
  }

  @Test("The whole time is over: the first step that is missing is named") func timeIsOver() throws {
    var harness = try SmokeHarness(seconds: 5)
    harness.top = nil
    try harness.steps(seconds: 7)
    try failed(harness, .book, "no book")
    #expect(harness.lines.last?.contains("after_s=5.") == true)
  }

  @Test("The operator ends it: one summary, nothing after it") func interrupted() throws {
    var harness = try SmokeHarness()
    try harness.steps(seconds: 1)
    harness.run.interrupt(at: harness.now)
    harness.run.interrupt(at: harness.now)
    harness.run.tick(at: harness.now)
    harness.collect()
    #expect(harness.hasEnded && harness.run.verdict == .interrupted)
    #expect(harness.lines("SUMMARY").count == 1 && harness.lines("FAILED").isEmpty)
    #expect(value("verdict", harness.lines.last) == "interrupted")
  }
}
