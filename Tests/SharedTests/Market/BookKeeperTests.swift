import Shared
import Testing

@Suite("What a market's data is worth")
struct BookKeeperTests {
  @Test(
    "A market is pending before it opens, live with fresh books, closed after its window, resolved by the venue's word")
  func life() throws {
    var keeper = try Samples.keeper(now: start - 60)
    #expect(keeper.state(at: at(start - 60)).state == .pending)
    #expect(keeper.apply(try Samples.book(.yes, at: start - 1), at: at(start - 1)) == true)
    #expect(keeper.apply(try Samples.book(.no, at: start - 1), at: at(start - 1)) == true)
    #expect(keeper.state(at: at(start - 1)).state == .pending)
    #expect(keeper.state(at: at(start)).state == .live)
    #expect(keeper.state(at: at(start + 300)).state == .closed)
    var listing = try Samples.listing()
    #expect(keeper.listing(listing) == false)
    listing = try Samples.listing(closed: true, status: "resolved", prices: ["0", "1"])
    #expect(keeper.listing(listing) == true)
    #expect(keeper.state(at: at(start + 300)).state == .resolved)
    #expect(keeper.payout == .zero)
  }

  @Test(
    "Only final prices are a result",
    arguments: [
      (true, "resolved", ["1", "0"], "1"), (true, "resolved", ["0.5", "0.5"], "0.5"),
      (true, "settled", ["0", "1"], "0"),
      (true, "resolved", ["0", "0"], nil), (true, "resolved", ["0.6", "0.4"], nil),
      (true, "disputed", ["1", "0"], nil),
      (false, "resolved", ["1", "0"], nil),
    ] as [(Bool, String, [String], String?)])
  func results(closed: Bool, status: String, prices: [String], payout: String?) throws {
    let listing = try Samples.listing(closed: closed, status: status, prices: prices)
    #expect(listing.resolvedPayout?.description == payout)
  }

  @Test("Silence makes it stale at the deadline, not before, and one sign of life makes it live again")
  func staleness() throws {
    var keeper = try Samples.liveKeeper()
    #expect(keeper.state(at: MarketTime(seconds: start + 10).advanced(by: .nanoseconds(-1))).state == .live)
    #expect(keeper.state(at: at(start + 10)).state == .stale)
    // One token alone is not enough.
    _ = keeper.apply(try Samples.book(.yes, at: start + 11), at: at(start + 11))
    #expect(keeper.state(at: at(start + 11)).state == .stale)
    _ = keeper.apply(try Samples.book(.no, at: start + 11), at: at(start + 11))
    #expect(keeper.state(at: at(start + 11)).state == .live)
  }

  @Test("A quiet market whose witness confirms the book stays live; nobody is subscribed again")
  func quietMarket() throws {
    var keeper = try Samples.liveKeeper()
    for second in stride(from: start + 4, to: start + 40, by: 4) {
      let demands = keeper.demands(at: at(second))
      #expect(Set(demands) == [.witness(Samples.yes), .witness(Samples.no)])
      #expect(keeper.demands(at: at(second)).isEmpty, "asked twice")
      for outcome in Outcome.allCases {
        let answer = keeper.witness(try Samples.venueBook(outcome, at: second), at: at(second))
        // Told once for both: the market's data is as new as that.
        #expect(answer.agrees && answer.changed == (outcome == .yes))
      }
      #expect(keeper.state(at: at(second)).state == .live)
    }
  }

  @Test(
    "A silent token is found by its witness: its book is void, nothing is live, and only its own next snapshot ends that"
  )
  func silentStream() throws {
    var keeper = try Samples.liveKeeper()
    let epoch = keeper.bookEpoch
    #expect(keeper.demands(at: at(start + 4)) == [.witness(Samples.yes), .witness(Samples.no)])
    let moved = try Samples.venueBook(.yes, at: start + 3, bid: "0.55", ask: "0.56")
    let answer = keeper.witness(moved, at: at(start + 4))
    #expect(!answer.agrees && !answer.changed)
    #expect(keeper.top(.yes).bestBid?.price.description == "0.52", "a witness makes no book")
    #expect(keeper.state(at: at(start + 4)).state == .live, "the stream may be on its way")
    #expect(keeper.demands(at: at(start + 5)) == [.resubscribe(Samples.yes, reason: .silent)])
    #expect(keeper.bookEpoch == epoch + 1)
    // The other token goes on talking: the market stays void.
    _ = keeper.apply(try Samples.book(.no, at: start + 6), at: at(start + 6))
    #expect(keeper.state(at: at(start + 6)).state == .stale)
    // A break of the connection does not heal it either.
    keeper.connectionLost(at: at(start + 7))
    _ = keeper.apply(try Samples.book(.no, at: start + 7), at: at(start + 7))
    #expect(keeper.state(at: at(start + 7)).state == .stale)
    _ = keeper.apply(try Samples.book(.yes, at: start + 8), at: at(start + 8))
    #expect(keeper.state(at: at(start + 8)).state == .live)
  }

  @Test(
    "What a witness shows and the stream says within a second is no fault; what the stream leaves out while it talks is"
  )
  func witnessAhead() throws {
    for isHeard in [true, false] {
      var keeper = try Samples.liveKeeper()
      let top = try Samples.venueBook(.yes, at: start + 4)
      let deeper = VenueBook(
        market: top.market, token: top.token, time: top.time, hash: "",
        bids: top.bids + [BookLevel(price: try Price(parsing: "0.3"), size: Shares(whole: 40))], asks: top.asks)
      #expect(!keeper.witness(deeper, at: at(start + 4)).agrees)
      _ = keeper.apply(
        try Samples.change(.yes, .buy, isHeard ? "0.3" : "0.29", "40", at: start + 4), at: at(start + 5))
      let demands = keeper.demands(at: at(start + 5))
      #expect(demands.contains(.resubscribe(Samples.yes, reason: .differs)) == !isHeard)
      #expect(keeper.state(at: at(start + 5)).state == (isHeard ? .live : .stale))
    }
  }

  @Test(
    "As long as the stream's stamps are older than the witness, the stream is only behind and has three times as long")
  func streamBehind() throws {
    let witness = try Samples.venueBook(.yes, at: start + 4)
    let moved = VenueBook(
      market: witness.market, token: witness.token, time: witness.time, hash: "",
      bids: witness.bids + [BookLevel(price: try Price(parsing: "0.3"), size: Shares(whole: 40))], asks: witness.asks)
    for (streamTime, due) in [(start + 4, start + 7), (start + 5, start + 5)] {
      var keeper = try Samples.liveKeeper()
      #expect(!keeper.witness(moved, at: at(start + 4)).agrees)
      let voids = (start + 4...start + 8).filter { second in
        keeper.demands(at: at(second), streamTime: at(streamTime)).contains {
          if case .resubscribe(Samples.yes, _) = $0 { true } else { false }
        }
      }
      #expect(voids.first == due)
    }
  }

  @Test("With one token's book alone, the other's is its mirror")
  func mirror() throws {
    var keeper = try Samples.keeper(now: start)
    _ = keeper.apply(try Samples.book(.no, at: start), at: at(start))
    #expect(keeper.state(at: at(start)).state == .live)
    #expect(keeper.top(.yes) == keeper.top(.no).mirrored)
    #expect(keeper.top(.yes).bestBid?.price.description == "0.52")
  }

  @Test("A book that disagrees with the venue's best prices is not live, and is fetched anew when that lasts")
  func contradiction() throws {
    var keeper = try Samples.liveKeeper()
    _ = keeper.apply(
      try Samples.change(.yes, .buy, "0.5", "7", bestBid: "0.51", bestAsk: "0.53", at: start + 1), at: at(start + 1))
    #expect(keeper.state(at: at(start + 1)).state == .stale)
    #expect(
      !keeper.demands(at: MarketTime(milliseconds: start * 1000 + 1900)).contains(
        .resubscribe(Samples.yes, reason: .contradicted)))
    // The next message agrees: live again.
    _ = keeper.apply(
      try Samples.change(.yes, .buy, "0.5", "8", bestBid: "0.52", bestAsk: "0.53", at: start + 2), at: at(start + 2))
    #expect(keeper.state(at: at(start + 2)).state == .live)
    _ = keeper.apply(
      try Samples.change(.yes, .buy, "0.5", "7", bestBid: "0.51", bestAsk: "0.53", at: start + 3), at: at(start + 3))
    #expect(keeper.demands(at: at(start + 4)).contains(.resubscribe(Samples.yes, reason: .contradicted)))
    #expect(keeper.top(.yes) == keeper.top(.no).mirrored && keeper.state(at: at(start + 4)).state == .stale)
  }

  @Test("A crossed book is not live, and is fetched anew when that lasts")
  func crossed() throws {
    var keeper = try Samples.liveKeeper()
    _ = keeper.apply(try Samples.change(.yes, .buy, "0.54", "7", at: start + 1), at: at(start + 1))
    #expect(keeper.state(at: at(start + 1)).reason == "book crossed")
    _ = keeper.apply(try Samples.change(.yes, .buy, "0.54", "0", at: start + 2), at: at(start + 2))
    #expect(keeper.state(at: at(start + 2)).state == .live)
    // Locked counts as crossed.
    _ = keeper.apply(try Samples.change(.yes, .buy, "0.53", "7", at: start + 3), at: at(start + 3))
    #expect(!keeper.demands(at: at(start + 4)).contains(.resubscribe(Samples.yes, reason: .crossed)))
    #expect(keeper.demands(at: at(start + 5)).contains(.resubscribe(Samples.yes, reason: .crossed)))
    _ = keeper.apply(try Samples.book(.yes, at: start + 6), at: at(start + 6))
    #expect(keeper.state(at: at(start + 6)).state == .live)
  }

  @Test(
    "A book without a single level is not live; the venue's own book is asked for, ever more seldom, and only one with levels voids it"
  )
  func empty() throws {
    var keeper = try Samples.liveKeeper()
    let epoch = keeper.bookEpoch
    for (price, side) in [("0.52", Side.buy), ("0.53", .sell)] {
      _ = keeper.apply(try Samples.change(.yes, side, price, "0", at: start + 1), at: at(start + 1))
    }
    // The other token's goes on, so that nothing here is for silence.
    func beat(_ second: Int64) throws {
      for outcome in Outcome.allCases {
        _ = keeper.apply(
          .lastTrade(
            VenueLastTrade(
              market: Samples.condition, token: Samples.token(outcome), time: at(second),
              price: try Price(parsing: "0.5"), size: Shares(whole: 1), side: .buy)), at: at(second))
      }
    }
    var asked: [Int64] = []
    for second in start + 1...start + 200 {
      try beat(second)
      let demands = keeper.demands(at: at(second))
      #expect(keeper.state(at: at(second)).reason == "book empty")
      if demands.isEmpty { continue }
      // Never subscribed again while the venue has nothing either.
      #expect(demands == [.witness(Samples.yes)])
      asked.append(second - start)
      let nothing = VenueBook(
        market: Samples.condition, token: Samples.yes, time: at(second), hash: "", bids: [], asks: [])
      #expect(keeper.witness(nothing, at: at(second)).agrees)
    }
    #expect(asked == [2, 4, 8, 16, 32, 64, 124, 184])
    #expect(keeper.bookEpoch == epoch)
    // The venue's has levels: what we have is void once the stream had its time to tell them.
    #expect(!keeper.witness(try Samples.venueBook(.yes, at: start + 201), at: at(start + 201)).agrees)
    try beat(start + 202)
    #expect(keeper.demands(at: at(start + 202)).contains(.resubscribe(Samples.yes, reason: .empty)))
    #expect(keeper.bookEpoch == epoch + 1)
  }

  @Test("A book of one side only, as that of a decided market, is live and never subscribed again")
  func oneSided() throws {
    var keeper = try Samples.liveKeeper()
    for (outcome, side, price) in [(Outcome.yes, Side.sell, "0.53"), (.no, .buy, "0.47")] {
      let book = keeper.book(outcome)
      for level in book.levels(side) {
        _ = keeper.apply(
          try Samples.change(outcome, side, level.price.description, "0", at: start + 1), at: at(start + 1))
      }
      #expect(keeper.book(outcome).levels(side).isEmpty, "\(price)")
    }
    for second in start + 2...start + 60 {
      for outcome in Outcome.allCases {
        var book = try Samples.venueBook(outcome, at: second)
        let levels = keeper.book(outcome)
        book = VenueBook(
          market: book.market, token: book.token, time: book.time, hash: "", bids: levels.levels(.buy),
          asks: levels.levels(.sell))
        #expect(keeper.witness(book, at: at(second)).agrees)
      }
      #expect(keeper.demands(at: at(second)).isEmpty)
      #expect(keeper.state(at: at(second)).state == .live)
    }
  }

  @Test("A void book is asked for again after two seconds, then every four; the third time its connection is to blame")
  func rescue() throws {
    var keeper = try Samples.liveKeeper()
    #expect(keeper.void(Samples.no, .hash, at: at(start + 1)) && !keeper.void(Samples.no, .hash, at: at(start + 1)))
    var asked: [Int64: BookKeeper.Demand] = [:]
    for second in start + 2...start + 19 {
      for demand in keeper.demands(at: at(second)) {
        if case .witness = demand { continue }
        asked[second - start] = demand
      }
    }
    #expect(
      asked == [
        3: .resubscribe(Samples.no, reason: .hash), 7: .reconnect(Samples.no),
        11: .resubscribe(Samples.no, reason: .hash), 15: .resubscribe(Samples.no, reason: .hash),
        19: .reconnect(Samples.no),
      ])
  }

  @Test("A trade that arrives once more, or late, is not the last")
  func lateTrades() throws {
    var keeper = try Samples.liveKeeper()
    func trade(_ price: String, _ second: Int64) throws -> MarketStreamEvent {
      .lastTrade(
        VenueLastTrade(
          market: Samples.condition, token: Samples.yes, time: at(second), price: try Price(parsing: price),
          size: Shares(whole: 3), side: .buy))
    }
    #expect(keeper.apply(try trade("0.53", start + 2), at: at(start + 2)))
    #expect(!keeper.apply(try trade("0.53", start + 2), at: at(start + 2)))
    #expect(!keeper.apply(try trade("0.51", start + 1), at: at(start + 3)))
    #expect(keeper.last?.price.description == "0.53")
    #expect(keeper.flow == TakerFlow(towardYes: Shares(whole: 3), towardNo: .zero))
  }

  @Test("What takers took is added up to the side that they took, also over a break, and stays at the largest number")
  func flow() throws {
    var keeper = try Samples.liveKeeper()
    func trade(_ outcome: Outcome, _ side: Side, _ size: Shares, _ second: Int64) throws {
      _ = keeper.apply(
        .lastTrade(
          VenueLastTrade(
            market: Samples.condition, token: Samples.token(outcome), time: at(second),
            price: try Price(parsing: "0.5"), size: size, side: side)), at: at(second))
    }
    #expect(keeper.flow == .none)
    try trade(.yes, .buy, Shares(whole: 3), start + 1)
    try trade(.no, .sell, Shares(whole: 4), start + 2)
    try trade(.yes, .sell, Shares(whole: 10), start + 3)
    try trade(.no, .buy, Shares(whole: 20), start + 3)
    #expect(keeper.flow == TakerFlow(towardYes: Shares(whole: 7), towardNo: Shares(whole: 30)))
    keeper.connectionLost(at: at(start + 4))
    try trade(.yes, .buy, Shares(whole: 1), start + 5)
    #expect(keeper.flow == TakerFlow(towardYes: Shares(whole: 8), towardNo: Shares(whole: 30)))
    try trade(.no, .buy, Shares(micros: .max), start + 6)
    #expect(keeper.flow.towardNo.micros == .max)
  }

  @Test("A broken connection voids the books, and a new epoch says so")
  func connectionLost() throws {
    var keeper = try Samples.liveKeeper()
    let epoch = keeper.bookEpoch
    keeper.connectionLost(at: at(start + 1))
    #expect(keeper.bookEpoch == epoch + 1)
    #expect(keeper.state(at: at(start + 1)).state != .live)
    #expect(keeper.top(.yes) == .empty)
    // A venue that was restored from an older state may stamp earlier than before.
    _ = keeper.apply(try Samples.book(.yes, at: start - 5), at: at(start + 2))
    #expect(keeper.state(at: at(start + 2)).state == .live)
  }

  @Test("Another tick is another book epoch, announced once")
  func tickChange() throws {
    var keeper = try Samples.liveKeeper()
    let epoch = keeper.bookEpoch
    let fine = try #require(PriceTick(micros: 1000))
    for outcome in Outcome.allCases {
      let event = VenueTickSizeChange(
        market: Samples.condition, token: Samples.token(outcome), time: at(start + 1), tick: fine)
      #expect(keeper.apply(.tickSizeChange(event), at: at(start + 1)) == (outcome == .yes))
    }
    #expect(keeper.bookEpoch == epoch + 1 && keeper.market.tick == fine)
  }

  @Test("Other markets' events change nothing")
  func foreignEvents() throws {
    var keeper = try Samples.liveKeeper()
    let token = try #require(TokenID("999"))
    let foreign = VenueBook(
      market: Samples.condition, token: token, time: at(start + 1), hash: "", bids: [], asks: [])
    #expect(keeper.apply(.book(foreign), at: at(start + 1)) == false)
    #expect(keeper.witness(foreign, at: at(start + 1)).changed == false)
    #expect(keeper.state(at: at(start + 1)).state == .live)
  }

  private let start = Samples.start
  private func at(_ seconds: Int64) -> MarketTime { MarketTime(seconds: seconds) }
}

/// A five-minute contract and its venue's words.
enum Samples {
  static let start: Int64 = 1_795_180_500
  static let yes = TokenID("1001")!
  static let no = TokenID("1002")!
  static let condition = ConditionID("0x" + String(repeating: "a", count: 64))!

  static func token(_ outcome: Outcome) -> TokenID { outcome == .yes ? yes : no }

  static func listing(
    slug: String = "btc-updown-5m-1795180500", closed: Bool = false, accepting: Bool = true, status: String = "",
    prices: [String] = ["0.5", "0.5"], book: Bool = true
  ) throws -> GammaMarket {
    try GammaMarket([
      "id": "1", "slug": .string(slug), "question": "Up or Down?", "conditionId": .string(condition.text),
      "outcomes": "[\"Up\", \"Down\"]", "clobTokenIds": "[\"1001\", \"1002\"]",
      "outcomePrices": .string("[\"\(prices[0])\", \"\(prices[1])\"]"), "active": true, "closed": .bool(closed),
      "acceptingOrders": .bool(accepting), "enableOrderBook": .bool(book), "orderPriceMinTickSize": .number("0.01"),
      "orderMinSize": 5, "feesEnabled": true, "feeSchedule": ["rate": .number("0.07"), "exponent": 1],
      "endDate": "2026-11-20T13:20:00Z", "umaResolutionStatus": .string(status),
      "cryptoMarketConfig": ["asset": "btc", "duration": "5m", "twapEnabled": true, "twapLookbackSeconds": 60],
    ])
  }

  static func keeper(now: Int64) throws -> BookKeeper {
    BookKeeper(
      Market(try listing()), policy: BookKeeper.Policy(staleAfter: .seconds(10)), now: MarketTime(seconds: now))
  }

  /// Both books came in at the window's start.
  static func liveKeeper() throws -> BookKeeper {
    var keeper = try keeper(now: start)
    for outcome in Outcome.allCases { _ = keeper.apply(try book(outcome, at: start), at: MarketTime(seconds: start)) }
    #expect(keeper.state(at: MarketTime(seconds: start)).state == .live)
    return keeper
  }

  static func venueBook(
    _ outcome: Outcome, at seconds: Int64, bid: String = "0.52", ask: String = "0.53"
  ) throws -> VenueBook {
    let top = BookTop(
      bids: [BookLevel(price: try Price(parsing: bid), size: Shares(whole: 100))],
      asks: [BookLevel(price: try Price(parsing: ask), size: Shares(whole: 100))])
    let own = outcome == .yes ? top : top.mirrored
    return VenueBook(
      market: condition, token: token(outcome), time: MarketTime(seconds: seconds), hash: "", bids: own.bids,
      asks: own.asks)
  }

  static func book(_ outcome: Outcome, at seconds: Int64) throws -> MarketStreamEvent {
    .book(try venueBook(outcome, at: seconds))
  }

  static func change(
    _ outcome: Outcome, _ side: Side, _ price: String, _ size: String, bestBid: String? = nil, bestAsk: String? = nil,
    at seconds: Int64
  ) throws -> MarketStreamEvent {
    let level = BookLevel(price: try Price(parsing: price), size: try Shares(parsing: size))
    return .priceChange(
      VenuePriceChange(
        market: condition, time: MarketTime(seconds: seconds),
        changes: [
          VenuePriceChange.Change(
            token: token(outcome), side: side, level: level, bestBid: try bestBid.map { try Price(parsing: $0) },
            bestAsk: try bestAsk.map { try Price(parsing: $0) })
        ]))
  }
}
