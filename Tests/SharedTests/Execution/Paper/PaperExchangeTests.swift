import FloorTestSupport
import Testing

@testable import Shared

@Suite("Paper exchange") struct PaperExchangeTests {
  static let token = TokenID("71")!
  static let condition = ConditionID("0x" + String(repeating: "ab", count: 32))!
  static let fee = TakerFee(rateMicros: 70_000, exponent: 1)!
  static let now = MarketTime(seconds: 1_800_000_000)

  /// Levels as (cents, shares).
  static func book(bids: [(Int64, Int64)] = [], asks: [(Int64, Int64)] = []) -> VenueBook {
    func levels(_ of: [(Int64, Int64)]) -> [BookLevel] {
      of.map { BookLevel(price: Price(micros: $0.0 * 10_000)!, size: Shares(whole: $0.1)) }
    }
    return VenueBook(
      market: condition, token: token, time: now, hash: "", bids: levels(bids), asks: levels(asks), tick: .cent,
      minimumSize: Shares(whole: 5))
  }

  static func order(
    _ number: Int, _ side: Side = .buy, cents: Int64, shares: Int64, _ type: TimeInForce = .goodTillCancelled,
    expires: MarketTime? = nil, postOnly: Bool = false
  ) -> PaperOrder {
    let digits = String(number, radix: 16)
    return PaperOrder(
      id: VenueOrderID("0x" + String(repeating: "0", count: 64 - digits.count) + digits)!, token: token, side: side,
      price: Price(micros: cents * 10_000)!, size: Shares(whole: shares), timeInForce: type, expires: expires,
      isPostOnly: postOnly)
  }

  private func account(_ dollars: Int64 = 100) -> PaperExchange {
    var account = PaperExchange()
    account.apply(.deposit(USD(dollars: dollars)))
    return account
  }

  /// Sees the book, places, and has what was decided happen.
  private func place(_ order: PaperOrder, _ book: VenueBook, _ account: inout PaperExchange) -> SubmitOutcome {
    account.observe(book, at: Self.now)
    let decision = account.place(order, on: book, fee: Self.fee, at: Self.now)
    for entry in decision.entries { account.apply(entry) }
    return decision.outcome
  }

  @Test("a buy walks the levels at its price or better, pays each its price and the market's fee on top")
  func walks() throws {
    var account = account()
    let outcome = place(
      Self.order(1, cents: 52, shares: 30, .fillOrKill), Self.book(asks: [(53, 100), (51, 10), (52, 50)]), &account)
    #expect(
      outcome
        == .matched(
          making: 15_500_000, taking: 30_000_000, trades: ["paper-1", "paper-2"].compactMap(VenueTradeID.init)))
    let fees = [(51, 10), (52, 20)].reduce(USD.zero) {
      $0 + Self.fee.fee(price: Price(micros: Int64($1.0) * 10_000)!, shares: Shares(whole: Int64($1.1)))
    }
    #expect(account.cash == USD(dollars: 100) - USD(micros: 15_500_000) - fees)
    #expect(account.tokens[Self.token] == Shares(whole: 30))
    #expect(account.order(Self.order(1, cents: 52, shares: 30).id)?.status == .matched)
  }

  @Test("what was taken of a level is gone until that level is shown with another size")
  func takesOnce() {
    var account = account()
    let book = Self.book(asks: [(50, 20)])
    #expect(place(Self.order(1, cents: 50, shares: 15, .fillOrKill), book, &account) != .live)
    guard case .rejected(.fillOrKill, _) = place(Self.order(2, cents: 50, shares: 10, .fillOrKill), book, &account)
    else {
      Issue.record("ten shares were sold twice")
      return
    }
    let fresh = Self.book(asks: [(50, 21)])
    guard case .matched = place(Self.order(3, cents: 50, shares: 10, .fillOrKill), fresh, &account) else {
      Issue.record("a renewed level did not trade")
      return
    }
  }

  @Test("each kind of order ends as the venue would end it")
  func kinds() {
    var account = account()
    let book = Self.book(bids: [(40, 50)], asks: [(60, 8)])
    func code(_ order: PaperOrder) -> RejectCode? {
      if case .rejected(let code, _) = place(order, book, &account) { return code }
      return nil
    }
    #expect(code(Self.order(1, cents: 60, shares: 9, .fillOrKill)) == .fillOrKill)
    #expect(code(Self.order(2, cents: 59, shares: 9, .fillAndKill)) == .noMatch)
    #expect(code(Self.order(3, cents: 60, shares: 9, postOnly: true)) == .postOnlyCrosses)
    #expect(code(Self.order(4, cents: 30, shares: 4)) == .minimumSize)
    #expect(code(Self.order(5, .sell, cents: 70, shares: 5)) == .balance)
    #expect(code(Self.order(6, cents: 50, shares: 300)) == .balance)
    #expect(code(Self.order(7, cents: 30, shares: 5, .goodTillDate, expires: Self.now)) == .expiration)
    #expect(account.orders.isEmpty && account.cash == USD(dollars: 100))
    // Killed for the rest, and remembered.
    guard case .matched = place(Self.order(8, cents: 60, shares: 20, .fillAndKill), book, &account) else {
      Issue.record("eight of twenty were not bought")
      return
    }
    #expect(account.order(Self.order(8, cents: 1, shares: 1).id)?.status == .canceled)
    #expect(place(Self.order(8, cents: 60, shares: 20, .fillAndKill), book, &account) == .duplicated)
    #expect(place(Self.order(9, cents: 30, shares: 5), book, &account) == .live)
    #expect(account.openOrders().map(\.size) == [Shares(whole: 5)])
  }

  @Test("a resting order fills at its own price and without a fee when somebody's price reaches it; the eldest first")
  func makes() {
    var account = account()
    let quiet = Self.book(bids: [(40, 50)], asks: [(60, 8)])
    for number in 1...2 { #expect(place(Self.order(number, cents: 45, shares: 10), quiet, &account) == .live) }
    func meet(_ book: VenueBook, _ second: Int64) -> [PaperFill] {
      account.observe(book, at: Self.now)
      let entries = account.meet(book, at: Self.now.advanced(by: .seconds(second)))
      for entry in entries { account.apply(entry) }
      return entries.compactMap { if case .filled(let fill) = $0 { fill } else { nil } }
    }
    // At its price on its own side: others stand there, and nobody has traded.
    #expect(meet(Self.book(bids: [(45, 500)], asks: [(46, 8)]), 1).isEmpty)
    let fills = meet(Self.book(asks: [(43, 12)]), 2)
    #expect(fills.map(\.size) == [Shares(whole: 10), Shares(whole: 2)])
    #expect(fills.allSatisfy { $0.price.micros == 450_000 && $0.fee == .zero && !$0.isTaker })
    // The same twelve are not there again.
    #expect(meet(Self.book(asks: [(43, 12)]), 3).isEmpty)
    #expect(account.cash == USD(dollars: 100) - USD(micros: 12 * 450_000))
    let trade = account.trades(after: Self.now, at: Self.now.advanced(by: .seconds(60)))[0]
    #expect(trade.status == .confirmed && trade.weAreTaker == false)
    #expect(trade.part(of: Self.order(1, cents: 1, shares: 1).id)?.size == Shares(whole: 10))
  }

  @Test(
    "a fraction of a micro-dollar is dropped as the ledger drops it, for takers and makers", arguments: [true, false])
  func rounding(takes: Bool) throws {
    var account = account()
    let level = BookLevel(price: Price(micros: 333_000)!, size: Shares(micros: 7_142_857))
    func book(_ asks: [BookLevel]) -> VenueBook {
      VenueBook(market: Self.condition, token: Self.token, time: Self.now, hash: "", bids: [], asks: asks)
    }
    let order = PaperOrder(
      id: Self.order(77, cents: 1, shares: 1).id, token: Self.token, side: .buy, price: level.price,
      size: Shares(whole: 10),
      timeInForce: .goodTillCancelled)
    _ = place(order, book(takes ? [level] : []), &account)
    account.observe(book([level]), at: Self.now)
    for entry in account.meet(book([level]), at: Self.now) { account.apply(entry) }
    let trade = try #require(account.trades(after: Self.now, at: Self.now).first)
    let booked = try #require(
      FillRecord(trade, order: order.id, side: .buy, token: Self.token, fee: Self.fee, road: .query))
    #expect(booked.size == level.size && booked.isTaker == takes)
    #expect(account.cash == USD(dollars: 100) - booked.cash - (takes ? booked.fee : .zero))
  }

  @Test("an order that was placed long ago and filled just now is remembered") func remembers() {
    var account = account()
    _ = place(Self.order(1, cents: 45, shares: 10), Self.book(asks: [(60, 8)]), &account)
    let later = Self.now.advanced(by: .seconds(49 * 3600))
    let book = Self.book(asks: [(40, 10)])
    account.observe(book, at: Self.now)
    for entry in account.meet(book, at: later) { account.apply(entry) }
    account.forget(before: later.advanced(by: .seconds(-48 * 3600)))
    #expect(account.order(Self.order(1, cents: 1, shares: 1).id)?.status == .matched)
    #expect(account.trades(after: Self.now, at: later).count == 1)
  }

  @Test("time ends a GTD order, a cancel any; what ended cannot be cancelled, in the venue's words")
  func ends() {
    var account = account()
    let book = Self.book(asks: [(60, 8)])
    let end = Self.now.advanced(by: .seconds(30))
    _ = place(Self.order(1, cents: 40, shares: 10, .goodTillDate, expires: end), book, &account)
    _ = place(Self.order(2, cents: 40, shares: 10), book, &account)
    #expect(account.expire(at: end.advanced(by: .nanoseconds(-1))).isEmpty)
    #expect(account.expire(at: end) == [.ended(Self.order(1, cents: 1, shares: 1).id, .expired)])
    for entry in account.expire(at: end) + account.cancel(Self.order(2, cents: 1, shares: 1).id).entries {
      account.apply(entry)
    }
    #expect(account.openOrders().isEmpty)
    #expect(
      account.cancel(Self.order(2, cents: 1, shares: 1).id).refusal?.contains("already canceled or matched") == true)
    #expect(account.cancel(Self.order(7, cents: 1, shares: 1).id).refusal?.contains("can't be found") == true)
  }

  @Test("a decided market pays each share, also by halves, and once")
  func settles() {
    var account = account()
    _ = place(Self.order(1, cents: 50, shares: 10, .fillOrKill), Self.book(asks: [(50, 10)]), &account)
    let before = account.cash
    let half = [Self.token: Price(micros: 500_000)!, TokenID("72")!: Price(micros: 500_000)!]
    for _ in 0..<2 { for entry in account.settle(half) { account.apply(entry) } }
    #expect(account.cash == before + USD(dollars: 5))
    #expect(account.tokens.isEmpty)
  }

  @Test(
    "an account is what its journal says: taken up anywhere, also from a snapshot, it is the same",
    arguments: Seeds.some(4))
  func journal(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    func whole(_ range: ClosedRange<Int64>) -> Int64 {
      range.lowerBound + Int64(generator.uniform() * Double(range.upperBound - range.lowerBound + 1))
    }
    var records: [JSON] = []
    var account = PaperExchange()
    func happen(_ entries: [PaperEntry]) throws {
      guard !entries.isEmpty else { return }
      records.append(try JSON.parse(PaperExchange.record(entries).text))
      for entry in entries { account.apply(entry) }
    }
    try happen([.deposit(USD(dollars: 500))])
    var paid = USD.zero
    for step in 1...120 {
      let time = Self.now.advanced(by: .seconds(Int64(step)))
      let middle = whole(20...80)
      let book = Self.book(
        bids: (1...3).map { (middle - $0, whole(1...40)) }, asks: (1...3).map { (middle + $0, whole(1...40)) })
      account.observe(book, at: Self.now)
      try happen(account.meet(book, at: time))
      try happen(account.expire(at: time))
      let types = TimeInForce.allCases
      let type = types[Int(whole(0...Int64(types.count - 1)))]
      let order = Self.order(
        step, whole(0...1) == 0 ? .buy : .sell, cents: min(99, max(1, middle + whole(-5...5))), shares: whole(1...30),
        type,
        expires: type == .goodTillDate ? time.advanced(by: .seconds(whole(1...20))) : nil)
      try happen(account.place(order, on: book, fee: Self.fee, at: time).entries)
      if whole(0...5) == 0, let open = account.openOrders().first { try happen(account.cancel(open.id).entries) }
      if step == 60 {
        let held = account.tokens[Self.token] ?? .zero
        paid = USD(micros: held.micros)
        try happen(account.settle([Self.token: .one, TokenID("72")!: .zero]))
      }
      #expect(account.cash >= .zero && (account.tokens[Self.token] ?? .zero) >= .zero)
    }
    #expect(account.fills.contains(where: \.isTaker) && account.fills.contains { !$0.isTaker })
    // Money in is money out: nothing but fills, fees and the payout moves it.
    var cash = USD(dollars: 500) + paid
    for fill in account.fills { cash += (fill.side == .buy ? -fill.cash : fill.cash) - fill.fee }
    #expect(account.cash == cash)
    // No order got more than it asked for, at no worse price.
    for (id, resting) in account.orders {
      let own = account.fills.filter { $0.order == id }
      #expect(own.reduce(Shares.zero) { $0 + $1.size } == resting.matched && resting.matched <= resting.order.size)
      #expect(
        own.allSatisfy {
          resting.order.side == .buy ? $0.price <= resting.order.price : $0.price >= resting.order.price
        })
    }
    func same(_ other: PaperExchange?) {
      #expect(other?.cash == account.cash && other?.tokens == account.tokens && other?.orders == account.orders)
      #expect(other?.fills == account.fills && other?.nextFill == account.nextFill)
    }
    same(PaperExchange(records: records))
    let cut = Int(whole(1...Int64(records.count)))
    let early = try #require(PaperExchange(records: Array(records.prefix(cut))))
    same(PaperExchange(records: [try JSON.parse(early.snapshot.text)] + records.dropFirst(cut)))
    // A short snapshot forgets what is over, never money or what is open.
    var forgetful = account
    forgetful.forget(before: Self.now.advanced(by: .seconds(100)))
    let short = try #require(PaperExchange(snapshot: forgetful.snapshot))
    #expect(short.cash == account.cash && short.tokens == account.tokens && short.openOrders() == account.openOrders())
    #expect(short.orders.count < account.orders.count)
    #expect(PaperExchange(records: [["entries": [["kind": "gift"]]]]) == nil)
  }
}
