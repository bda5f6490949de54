import Shared
import Testing

@Suite("Venue and record side by side")
struct ReconciliationTests {
  private static let since = MarketTime(seconds: 1_795_180_500)
  private static let token = TokenID("77")!
  private static let market = ConditionID("0x" + String(repeating: "ab", count: 32))!

  private static func id(_ number: Int) -> VenueOrderID {
    let hex = String(number, radix: 16)
    return VenueOrderID("0x" + String(repeating: "0", count: 64 - hex.count) + hex)!
  }

  private func order(_ number: Int, _ status: VenueOrderStatus = .live) -> VenueOrder {
    VenueOrder(
      id: Self.id(number), status: status, market: Self.market, token: Self.token, side: .buy,
      price: Price(micros: 500_000)!, size: Shares(whole: 10), matched: .zero, timeInForce: .goodTillCancelled,
      trades: [],
      createdAt: nil)
  }

  /// Order `taker` takes from the makers, five shares each.
  private func trade(
    _ name: String, taker: Int, makers: [Int] = [900], status: VenueTradeStatus = .matched, after seconds: Int64 = 300
  ) -> VenueTrade {
    VenueTrade(
      id: VenueTradeID(name)!, status: status, market: Self.market, takerOrder: Self.id(taker), token: Self.token,
      side: .buy, price: Price(micros: 500_000)!, size: Shares(whole: Int64(5 * makers.count)),
      makers: makers.map {
        .init(
          order: Self.id($0), owner: "", token: Self.token, side: .sell, price: Price(micros: 500_000)!,
          size: Shares(whole: 5))
      }, matchedAt: Self.since.advanced(by: .seconds(seconds)), updatedAt: Self.since, transactionHash: nil,
      weAreTaker: nil)
  }

  private func fill(_ shares: Int64, _ state: SettlementState = .matched, after seconds: Int64 = 300)
    -> Reconciliation.Fill
  {
    .init(size: Shares(whole: shares), settlement: state, at: Self.since.advanced(by: .seconds(seconds)))
  }

  private func key(_ trade: String, _ order: Int) -> FillKey {
    FillKey(trade: VenueTradeID(trade)!, order: Self.id(order))
  }

  private func compare(
    orders: [VenueOrder] = [], trades: [VenueTrade] = [], balance: Int64 = 100, shares: [TokenID: Shares] = [:],
    states: [Int: OrderState] = [:], fills: [FillKey: Reconciliation.Fill] = [:], cash: Int64 = 100,
    held: [TokenID: Shares] = [:]
  ) -> Reconciliation {
    Reconciliation(
      since: Self.since,
      venue: .init(orders: orders, trades: trades, balance: USD(dollars: balance), shares: shares),
      record: .init(
        orders: Dictionary(uniqueKeysWithValues: states.map { (Self.id($0.key), $0.value) }), fills: fills,
        cash: USD(dollars: cash), shares: held))
  }

  @Test("Two sides that say the same differ in nothing but an order that the venue does not list any more")
  func agree() {
    let same = compare(
      orders: [order(1)], trades: [trade("t", taker: 2, makers: [900, 901]), trade("u", taker: 901, makers: [3])],
      shares: [Self.token: Shares(whole: 15)],
      states: [1: .live, 2: .filled, 3: .cancelSent, 4: .unknown, 5: .sending],
      fills: [key("t", 2): fill(10), key("u", 3): fill(5, .confirmed), key("old", 7): fill(5, after: 10)],
      held: [Self.token: Shares(whole: 15)])
    #expect(same.differences.map(\.kind) == [.orderNotAtVenue])
    #expect(same.differences.first?.subject == Self.id(3).text)
  }

  @Test("Each kind of difference is found and says both sides")
  func kinds() {
    func kinds(_ result: Reconciliation) -> [Reconciliation.Kind] { result.differences.map(\.kind) }
    #expect(kinds(compare(orders: [order(1)])) == [.orderNotOurs])
    #expect(kinds(compare(orders: [order(1)], states: [1: .cancelled])) == [.orderStillOpen])
    #expect(kinds(compare(states: [1: .live])) == [.orderNotAtVenue])
    #expect(kinds(compare(trades: [trade("t", taker: 1)], states: [1: .filled])) == [.fillNotInRecord])
    #expect(kinds(compare(trades: [trade("t", taker: 1)])) == [.tradeNotOurs])
    #expect(kinds(compare(states: [1: .filled], fills: [key("t", 1): fill(5)])) == [.fillNotAtVenue])
    #expect(
      kinds(compare(trades: [trade("t", taker: 1)], states: [1: .filled], fills: [key("t", 1): fill(4)]))
        == [.fillDiffers])
    #expect(
      kinds(
        compare(
          trades: [trade("t", taker: 1, status: .failed)], states: [1: .filled], fills: [key("t", 1): fill(5)]))
        == [.fillDiffers])
    #expect(kinds(compare(balance: 99)) == [.money])
    let shares = compare(shares: [Self.token: Shares(whole: 3)], held: [Self.token: Shares(whole: 4)])
    #expect(shares.differences.map(\.text).first?.hasPrefix("shares 77: venue 3, record 4; ") == true)
    for kind in Reconciliation.Kind.allCases { #expect(!kind.explanation.isEmpty) }
  }

  @Test("What failed before it was heard of is no difference, nor is a fill from before the time that was asked for")
  func edges() {
    #expect(
      compare(trades: [trade("t", taker: 1, status: .failed)], states: [1: .live], fills: [:]).differences.map(\.kind)
        == [.orderNotAtVenue])
    #expect(compare(states: [1: .filled], fills: [key("t", 1): fill(5, after: 30)]).differences.isEmpty)
    #expect(compare(states: [1: .filled], fills: [key("t", 1): fill(5, .failed)]).differences.isEmpty)
  }

  @Test("Trades are compared from before what was the same: ten minutes back at most where it is often, else an hour")
  func reach() {
    let now = MarketTime(seconds: 10_000)
    func start(_ isBrief: Bool, _ same: Int64?) -> Int64 {
      Reconciliation.start(
        isBrief: isBrief, now: now, same: same.map { MarketTime(seconds: $0) }, overlap: .seconds(60)
      ).seconds
    }
    #expect(start(true, nil) == 9400 && start(true, 9990) == 9930 && start(true, 9460) == 9400)
    #expect(start(true, 1000) == 9400)
    #expect(start(false, nil) == 6400 && start(false, 9990) == 6400)
  }

  @Test("Only what two looks find with the same figures lasts")
  func lasting() {
    let first = compare(balance: 98, states: [1: .live])
    #expect(compare(balance: 99).lasting(since: first).isEmpty)
    #expect(compare(balance: 98).lasting(since: first).map(\.kind) == [.money])
    #expect(compare(balance: 98, states: [1: .live]).lasting(since: first).count == 2)
    #expect(compare().lasting(since: first).isEmpty)
  }
}
