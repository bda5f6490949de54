import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// What the client makes of the venue's own states (reliability, V18 to V21, V24, V25).
@Suite("States of the venue, as outcomes", .hangLimit)
struct VenueStateFaultTests {
  @Test(
    "V18: an order for a market that has ended is refused as closed; what rested there has ended by the venue's word")
  func afterTheEnd() throws {
    let bench = try VenueBench(["--speed", "60", "--taker-hold-ms", "0"])
    // Windows of five minutes last five seconds here.
    let (market, resting) = try {
      while true {
        let (market, _) = try bench.liveMarket { market, _ in market.slug.text.contains("-5m-") }
        let resting = try bench.resting(market)
        if try bench.post(resting) == .live { return (market, resting) }
      }
    }()
    var refused: SubmitOutcome?
    try bench.until("the end of the window", within: .seconds(30)) {
      // Near its end a cent may be the market's price: two dollars may take, too.
      let outcome = try bench.post(bench.resting(market, size: 200))
      if case .rejected(.marketClosed, _) = outcome { refused = outcome }
      return refused != nil
    }
    #expect(refused?.outcomeKnown == true && refused?.retryable == false)
    let found = try #require(try bench.order(resting.id))
    #expect(found.status.isFinal && !found.status.isOpen)
    #expect(try !bench.openIDs().contains(resting.id))
  }

  @Test(
    "V19: a venue whose clock differs refuses stamps of ours and takes those of its own time, once it was measured; beyond five seconds that is reason to stop",
    arguments: [2, -2, 30, -30, 3600, -3600])
  func skew(seconds: Int64) throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    _ = try bench.wait { bench.clob.measureClock($0) }.get()
    #expect(!bench.clob.clockOffset.isTooFar)
    try bench.console("/sim/skew", ["seconds": .int(seconds)])
    if abs(seconds) > 60 {
      #expect(
        try bench.post(bench.resting(market)) == .rejected(.credentials, detail: "Unauthorized/Invalid api key"))
    }
    let offset = try bench.wait { bench.clob.measureClock($0) }.get()
    #expect(offset.isTooFar == (abs(seconds) > 6))
    // Told in whole seconds: right to within one, and the way.
    #expect((offset.proven - .seconds(seconds)).milliseconds.magnitude <= 1500)
    #expect(try bench.post(bench.resting(market)) == .live)
    #expect(try bench.openIDs().count == 1)
    try bench.console("/sim/skew", ["seconds": 0])
    #expect(try !bench.wait { bench.clob.measureClock($0) }.get().isTooFar)
  }

  @Test(
    "V21: restart, post-only, cancel-only and disabled are outcomes of their own, with the venue's wait; cancels pass in two"
  )
  func modes() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    func rest() throws -> VenueOrderID {
      let order = try bench.resting(market)
      #expect(try bench.post(order) == .live)
      return order.id
    }
    var mirror = VenueModeMirror()
    func heard(_ outcome: SubmitOutcome) -> VenueMode? {
      let now = SystemClock.monotonic()
      mirror.heard(outcome, now)
      return mirror.current(now)
    }
    let first = try rest()
    try bench.console("/sim/mode", ["mode": "restart", "ms": 60_000, "post_only_ms": 50_000])
    let restarting = try bench.post(bench.resting(market))
    guard case .notTrading(.restarting, let wait?) = restarting else {
      Issue.record("\(restarting)")
      return
    }
    #expect((50...60).contains(wait) && restarting.outcomeKnown && restarting.retryable)
    #expect(heard(restarting) == .restarting)
    guard case .failure(.status(425, _, let cancelWait)) = try bench.cancel(first) else {
      Issue.record("a cancel passed a restart")
      return
    }
    #expect(cancelWait != nil)

    try bench.console("/sim/mode", ["mode": "post_only", "ms": 40_000])
    let postOnly = try bench.post(bench.resting(market))
    guard case .notTrading(.postOnly, let left?) = postOnly else {
      Issue.record("\(postOnly)")
      return
    }
    #expect((30...40).contains(left) && heard(postOnly) == .postOnly)
    #expect(try bench.post(bench.resting(market), postOnly: true) == .live)
    #expect(try bench.cancel(first).get().canceled == [first])

    try bench.console("/sim/mode", ["mode": "normal"])
    let second = try rest()
    try bench.console("/sim/mode", ["mode": "cancel_only"])
    #expect(try bench.post(bench.resting(market)) == .notTrading(.cancelOnly, retryAfterSeconds: nil))
    #expect(try bench.cancel(second).get().canceled == [second])
    try bench.console("/sim/mode", ["mode": "disabled"])
    let disabled = try bench.post(bench.resting(market))
    #expect(disabled == .notTrading(.disabled, retryAfterSeconds: nil) && heard(disabled) == .disabled)
    try bench.console("/sim/mode", ["mode": "normal"])
    let order = try bench.resting(market)
    #expect(try heard(bench.post(order)) == nil)
    #expect(try bench.openIDs().contains(order.id))
  }

  @Test(
    "V24: a key that somebody else revoked is a fatal refusal of orders and an error of every question; nothing mints another"
  )
  func revoked() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    var accepted: [Bool] = []
    bench.clob.onAuthentication = { wasAccepted, _ in accepted.append(wasAccepted) }
    #expect(try bench.post(bench.resting(market)) == .live)
    try bench.console("/sim/revoke", ["api_key": .string(bench.credentials.apiKey)])
    for _ in 0..<2 {
      let outcome = try bench.post(bench.resting(market))
      guard case .rejected(let code, _) = outcome, code == .credentials, code.isFatal, !outcome.retryable else {
        Issue.record("\(outcome)")
        return
      }
    }
    guard case .failure(.status(401, _, _)) = try bench.wait({ bench.clob.openOrders($0) }),
      case .failure(.status(401, _, _)) = try bench.cancel(bench.resting(market).id)
    else {
      Issue.record("a revoked key opened something")
      return
    }
    #expect(accepted == [true, false, false, false, false])
    #expect(try bench.venue.truth().filter { $0["kind"] == "key" }.isEmpty)
  }

  @Test("V25: rules that changed under us are refusals with a code of their own: minimum, grid, fee, market")
  func changedRules() throws {
    let bench = try VenueBench()
    let (market, book) = try bench.liveMarket()
    // Five shares of a cent are below the dollar that taking wants, four are below what may rest.
    #expect(try code(bench.post(bench.resting(market, size: 4))) == .minimumSize)
    let fine = try #require(PriceTick(micros: market.tick.micros / 10))
    let off = try #require(Price(micros: 10 * market.tick.micros + fine.micros))
    #expect(try code(bench.post(bench.sign(market, .yes, .buy, off, Shares(whole: 10), tick: fine))) == .tick)
    let ask = try #require(book.asks.first).price
    let crumbs = Shares(micros: 900_000 * 1_000_000 / ask.micros / 10_000 * 10_000)
    #expect(try code(bench.post(bench.sign(market, .yes, .buy, ask, crumbs), .fillAndKill)) == .minimumSize)
    for (text, wanted) in [
      ("order \(try bench.resting(market).id) is invalid. Size (20) lower than the minimum: 50", nil),
      ("Size (20) lower than the minimum: 50", .minimumSize), ("invalid fee rate", .malformed),
      ("the market is not yet ready to process new orders", .notReady), ("a rule of tomorrow", .other),
    ] as [(String, RejectCode?)] {
      try bench.fault(
        "POST /order", "error",
        [.init("status", 400), .init("body", .string(JSON.object([.init("error", .string(text))]).text))])
      let outcome = try bench.post(bench.resting(market))
      #expect(code(outcome) == wanted && outcome.outcomeKnown == (wanted != nil), "\(text): \(outcome)")
    }
  }

  private func code(_ outcome: SubmitOutcome) -> RejectCode? {
    if case .rejected(let code, _) = outcome { code } else { nil }
  }
}
