import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Shared
import Testing

/// Every kind of order and of cancel that the client offers, against a venue that checks them by code of its own (protocol document,
/// sections 2.9 and 2.10).
@Suite("Order types and cancels", .hangLimit)
struct OrderTypeTests {
  @Test(
    "GTC rests, GTD ends a minute before its second, FOK is all or nothing, FAK takes what is there, post-only never takes"
  )
  func types() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let now = try bench.wait { SimClock.read(bench.http, url: bench.venue.base + "/sim/clock", $0) }.get()
      .market(at: SystemClock.wall()).seconds
    #expect(try bench.post(bench.resting(market)) == .live)
    // A minute and a bit: three seconds of life.
    let brief = try bench.resting(market)
    #expect(try bench.post(brief, .goodTillDate, expiration: now + 63) == .live)
    for past in [now - 1, now + 30] {
      guard
        case .rejected(.expiration, _) = try bench.post(
          bench.resting(market), .goodTillDate, expiration: past)
      else {
        Issue.record("an order that has ended already was taken")
        return
      }
    }
    // Some of it is there, not all.
    let (deep, book) = try bench.liveMarket { _, book in book.asks[0].size <= Shares(whole: 300) }
    let whole = try bench.sign(
      deep, .yes, .buy, book.asks[0].price, Shares(whole: book.asks[0].size.micros / 1_000_000 + 400))
    #expect(try bench.post(whole, .fillOrKill).rejection == .fillOrKill)
    let nothing = try bench.sign(market, .yes, .buy, Price(parsing: "0.01"), Shares(whole: 200))
    #expect(try bench.post(nothing, .fillAndKill).rejection == .noMatch)
    let crossing = try bench.sign(market, .yes, .buy, Price(parsing: "0.99"), Shares(whole: 5))
    #expect(try bench.post(crossing, postOnly: true).rejection == .postOnlyCrosses)
    #expect(try bench.bought().taking > .zero)
    try bench.until("the end of the brief one", within: .seconds(10)) {
      try #require(try bench.order(brief.id)).status.isFinal
    }
    #expect(try !bench.openIDs().contains(brief.id))
  }

  @Test("A batch of fifteen is answered entry by entry, in its order, whatever becomes of each")
  func batch() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    var orders: [(body: [UInt8], id: VenueOrderID)] = []
    var wanted: [SubmitOutcome?] = []
    for number in 0..<ClobClient.batchMax {
      switch number % 4 {
      case 1:
        let small = try bench.resting(market, size: 4)
        orders.append((try bench.body(small), small.id))
        wanted.append(nil)
      case 2:
        let crossing = try bench.sign(market, .yes, .buy, Price(parsing: "0.99"), Shares(whole: 5))
        orders.append((try bench.body(crossing, postOnly: true), crossing.id))
        wanted.append(nil)
      case 3 where number == 3:
        // The first entry again.
        orders.append(orders[0])
        wanted.append(.duplicated)
      default:
        let order = try bench.resting(market, size: 5)
        orders.append((try bench.body(order), order.id))
        wanted.append(.live)
      }
    }
    let outcomes = try bench.wait { try bench.clob.post(batch: orders, $0) }
    try #require(outcomes.count == orders.count)
    for (number, outcome) in outcomes.enumerated() {
      if let wanted = wanted[number] {
        #expect(outcome == wanted, "\(number)")
      } else {
        #expect(outcome.rejection == (number % 4 == 1 ? .minimumSize : .postOnlyCrosses), "\(number): \(outcome)")
      }
    }
    let live = zip(outcomes, orders).filter { $0.0 == .live }.map(\.1.id)
    #expect(try bench.openIDs() == Set(live))
    // A lost answer is everybody's.
    let order = try bench.resting(market)
    try bench.fault("POST /orders", "cut_answer", count: nil)
    let body = try bench.body(order)
    let lost = try bench.wait { try bench.clob.post(batch: [(body, order.id)], $0) }
    #expect(lost.count == 1 && !lost[0].outcomeKnown)
    #expect(try bench.order(order.id)?.status == .live)
  }

  @Test("Cancels of every form: one, many, of a market, of one of its tokens, all; each id is answered for")
  func cancels() throws {
    let bench = try VenueBench()
    let (market, _) = try bench.liveMarket()
    let (other, _) = try bench.liveMarket { candidate, _ in candidate.slug != market.slug }
    func rest(_ market: GammaMarket, _ outcome: Outcome = .yes) throws -> VenueOrderID {
      let order = try bench.sign(market, outcome, .buy, Price(parsing: "0.01"), Shares(whole: 20))
      #expect(try bench.post(order) == .live)
      return order.id
    }
    let orders = try (0..<3).map { _ in try rest(market) }
    let no = try rest(market, .no)
    let elsewhere = try rest(other)
    let strange = try #require(VenueOrderID("0x" + String(repeating: "11", count: 32)))
    #expect(try bench.cancel(orders[0]).get().canceled == [orders[0]])
    let many = try ask(bench) { try bench.clob.cancel([orders[0], orders[1], strange], $0) }
    #expect(many.canceled == [orders[1]] && Set(many.refused.keys) == [orders[0], strange])
    let token = try ask(bench) {
      bench.clob.cancel(market: market.condition, token: market.token(of: .no), $0)
    }
    #expect(token.canceled == [no])
    let whole = try ask(bench) { bench.clob.cancel(market: market.condition, $0) }
    #expect(whole.canceled == [orders[2]])
    let all = try ask(bench) { bench.clob.cancelAll($0) }
    #expect(all.canceled == [elsewhere] && all.refused.isEmpty)
    #expect(try ask(bench) { bench.clob.cancelAll($0) }.canceled.isEmpty)
  }

  private func ask(
    _ bench: VenueBench, _ start: (@escaping (Result<CancelAnswer, VenueCallError>) -> Void) throws -> Void
  ) throws -> CancelAnswer {
    try bench.wait(start).get()
  }
}

extension SubmitOutcome {
  fileprivate var rejection: RejectCode? { if case .rejected(let code, _) = self { code } else { nil } }
}
