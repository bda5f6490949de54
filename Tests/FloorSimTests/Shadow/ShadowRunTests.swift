import FloorSim
import Shared
import Testing

/// What paper makes of the orders that a venue was sent, on a recording made by hand.
@Suite("Paper beside the venue")
struct ShadowRunTests {
  private static let fee = TakerFee(rateMicros: 70_000, exponent: 1)!

  private func order(
    _ number: Int, _ fixture: TapeFixture, at seconds: Double, _ side: Side = .buy, _ type: TimeInForce = .fillAndKill,
    price: String = "0.52", size: Int64 = 10, strategy: String = "momentum", heard: Double? = nil,
    takenOut: Double? = nil, ends: Double? = nil, neverArrived: Bool = false,
    fills: [(at: Double, size: Int64, cash: String)] = []
  ) -> ShadowOrder {
    ShadowOrder(
      id: VenueOrderID("0x" + Hex.text(SHA256.digest("\(number)".utf8)))!, strategy: strategy, token: fixture.yes,
      side: side, type: type, price: try! Price(parsing: price), size: Shares(whole: size), fee: Self.fee,
      ends: ends.map { MarketTime(nanoseconds: fixture.time($0).nanoseconds) }, sentAt: fixture.time(seconds),
      heardAt: heard.map(fixture.time), takenOutAt: takenOut.map(fixture.time), neverArrived: neverArrived,
      fills: fills.map {
        ShadowOrder.Fill(
          at: fixture.time($0.at), size: Shares(whole: $0.size), cash: try! USD(parsing: $0.cash), fee: .zero)
      })
  }

  private func report(
    _ orders: [ShadowOrder], _ fixture: TapeFixture, latency: Duration = .zero, payouts: [TokenID: Price] = [:]
  ) -> ShadowReport {
    var run = ShadowRun(orders, latency: latency, terms: TapeTerms())
    for frame in fixture.frames { run.take(frame) }
    return run.report(payouts: payouts)
  }

  private func all(_ report: ShadowReport) throws -> ShadowGroup {
    try #require(report.groups.first { $0.strategy == nil && $0.kind == .all })
  }

  @Test(
    "A taking order walks the book that stood there when it came, and pays the market's fee; the venue's part is the record's"
  )
  func taking() throws {
    var fixture = TapeFixture()
    fixture.book(9.5, bid: "0.48", ask: "0.52", size: "4", asks: [("0.53", "500")])
    fixture.book(20, bid: "0.48", ask: "0.60")
    fixture.price(25, "90000", .oracleSpot)
    let order = order(1, fixture, at: 10, price: "0.53", heard: 10.2, fills: [(10.1, 10, "5.27")])
    let group = try all(report([order], fixture))
    #expect(group.orders == 1 && group.both == 1 && group.neither == 0)
    #expect(group.paper.bought == Shares(whole: 10) && group.paper.paid == USD(micros: 5_260_000))
    #expect(group.paper.averageBuy == Price(micros: 526_000) && group.paper.averageSale == nil)
    let four = Self.fee.fee(price: Price(micros: 520_000)!, shares: Shares(whole: 4))
    #expect(group.paper.fees == four + Self.fee.fee(price: Price(micros: 530_000)!, shares: Shares(whole: 6)))
    #expect(group.venue.averageBuy == Price(micros: 527_000) && group.venue.fees == .zero)
    #expect(group.venue.firstFills == [.milliseconds(100)])
    // The same order, and a book that had moved away by the time that it came.
    let late = try all(report([order], fixture, latency: .seconds(11)))
    #expect(late.onlyVenue == 1 && late.paper.shares == .zero)
  }

  @Test(
    "A resting order waits behind what stands there, is filled by trades that reach it, and by none after it was taken out"
  )
  func resting() throws {
    var fixture = TapeFixture()
    for second in stride(from: 9.5, to: 60, by: 5) { fixture.book(second, bid: "0.48", ask: "0.52", size: "100") }
    fixture.trade(15, "0.48", "90", side: .sell)
    fixture.trade(25, "0.48", "16", side: .sell)
    fixture.trade(35, "0.48", "50", side: .sell)
    func rests(_ number: Int, takenOut: Double? = nil, ends: Double? = nil) -> ShadowOrder {
      order(
        number, fixture, at: 10, .buy, .goodTillCancelled, price: "0.48", takenOut: takenOut, ends: ends,
        fills: [(15, 10, "4.8")])
    }
    // The book is told anew after each trade as if nothing had been taken: the queue alone knows.
    let stays = report([rests(1)], fixture)
    let group = try all(stays)
    #expect(group.both == 1 && group.paper.bought == Shares(whole: 10) && group.paper.fees == .zero)
    #expect(group.paper.firstFills == [.seconds(15)] && group.venue.firstFills == [.seconds(5)])
    for ended in [rests(1, takenOut: 30), rests(1, ends: 30)] {
      #expect(try all(report([ended], fixture)).paper.bought == Shares(whole: 6))
    }
    #expect(try all(report([rests(1, takenOut: 20)], fixture)).onlyVenue == 1)
    #expect(stays.groups.first { $0.kind == .resting }?.orders == 1)
    #expect(!stays.groups.contains { $0.kind == .taking })
  }

  @Test("Our own order in the recorded book is no stranger's: when the others leave, paper's stands first")
  func ownOrder() throws {
    var fixture = TapeFixture()
    fixture.book(9.5, bid: "0.48", ask: "0.52", size: "100")
    // Ours has joined; then the others leave, and it alone is shown; then somebody trades.
    fixture.book(11, bid: "0.48", ask: "0.52", size: "110")
    fixture.book(15, bid: "0.48", ask: "0.52", size: "10")
    // Later than what would explain that the level fell.
    fixture.trade(18, "0.48", "10", side: .sell)
    fixture.book(19, bid: "0.47", ask: "0.52", size: "100")
    let ours = order(
      1, fixture, at: 10, .buy, .goodTillCancelled, price: "0.48", heard: 10.5, fills: [(18.1, 10, "4.8")])
    let group = try all(report([ours], fixture))
    #expect(group.both == 1 && group.paper.bought == Shares(whole: 10))
    #expect(group.paper.firstFills == [.seconds(8)])
    // Without a word of the venue it is taken for a stranger's.
    let unheard = order(1, fixture, at: 10, .buy, .goodTillCancelled, price: "0.48", fills: [(18.1, 10, "4.8")])
    #expect(try all(report([unheard], fixture)).onlyVenue == 1)
  }

  @Test("Every order is compared, or left out for a reason, and both are counted")
  func omissions() throws {
    var fixture = TapeFixture()
    fixture.book(9.5, bid: "0.48", ask: "0.52")
    fixture.price(60, "90000", .oracleSpot)
    let report = report(
      [
        order(1, fixture, at: -5), order(2, fixture, at: 10), order(3, fixture, at: 11, neverArrived: true),
        order(4, fixture, at: 50), order(5, fixture, at: 70),
        order(6, fixture, at: 59, fills: [(61, 10, "5.2")]),
      ], fixture)
    #expect(report.compared == 1)
    #expect(
      report.leftOut == [.beforeTheRecording: 1, .neverArrived: 1, .noBook: 2, .afterTheRecording: 1])
    #expect(report.lines.count == 6)
    #expect(report.lines[5].venue.isEmpty, "the venue is looked at as long as paper is")
  }

  @Test(
    "A sale needs no purchase on paper; what is left is worth its payout, else the last bid; strategies stand apart and add up"
  )
  func profit() throws {
    var fixture = TapeFixture()
    fixture.book(9.5, bid: "0.48", ask: "0.52")
    fixture.book(20, bid: "0.40", ask: "0.44")
    let orders = [
      order(1, fixture, at: 10, strategy: "momentum", fills: [(10, 10, "5.2")]),
      order(2, fixture, at: 11, .sell, price: "0.48", size: 4, strategy: "reversion"),
    ]
    func profits(_ payouts: [TokenID: Price]) throws -> [String: [Int64]] {
      let report = report(orders, fixture, payouts: payouts)
      let groups = report.groups.filter { $0.kind == .all }
      let one = try #require(groups.first { $0.strategy == "momentum" })
      let two = try #require(groups.first { $0.strategy == "reversion" })
      let sum = try all(report)
      #expect(sum.paper.profit == one.paper.profit + two.paper.profit)
      #expect(sum.paper.fees == one.paper.fees + two.paper.fees && sum.orders == 2)
      return [
        "momentum": [one.paper.profit.micros + one.paper.fees.micros, one.venue.profit.micros],
        "reversion": [two.paper.profit.micros + two.paper.fees.micros, two.venue.profit.micros],
      ]
    }
    #expect(
      try profits([fixture.yes: .one]) == [
        "momentum": [4_800_000, 4_800_000], "reversion": [1_920_000 - 4_000_000, 0],
      ])
    #expect(try profits([:]) == ["momentum": [-1_200_000, -1_200_000], "reversion": [320_000, 0]])
  }

  @Test("The percentile of durations is one of them, by the nearest rank above")
  func percentiles() {
    let some = (1...20).map { Duration.milliseconds(Int64($0)) }
    #expect(ShadowReport.percentile(some, 50) == .milliseconds(10))
    #expect(ShadowReport.percentile(some, 95) == .milliseconds(19))
    #expect(ShadowReport.percentile(some, 100) == .milliseconds(20))
    #expect(ShadowReport.percentile([.zero], 50) == .zero && ShadowReport.percentile([], 50) == nil)
  }
}
