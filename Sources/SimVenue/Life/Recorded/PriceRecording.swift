import Shared

/// One up/down window with everything that was heard around it, in one document: `{"windows":[{"cid","window_ts","token_up",
/// "token_down","label","events":[[received, kind, …], …]}]}`. Kinds: `s` exchange spot, `l` the oracle's observation, `t` its mean
/// (`[received, kind, stamp, price]`); `p` a trade (`[received, "p", token, price, size]`); `b` best prices
/// (`[received, "b", token, bid, ask]`, where a bid of 0 and an ask of 1 mean none). An event is due when it was received.
struct PriceRecording: Sendable {
  /// No size of a best price was recorded: each stands with so many shares.
  static let shownSize = Shares(whole: 100)

  let market: RecordedMarket
  private let symbol: String
  private let events: [WireValue]
  let first: MarketTime

  init(path: String) throws(ReplayFiles.Problem) {
    func problem(_ text: String) -> ReplayFiles.Problem { .init(description: "\(path): \(text)") }
    guard let document = WireReader.read(try ReplayFiles.content(path)) else { throw problem("it is no JSON document") }
    guard let windows = document["windows"]?.asList, windows.count == 1 else {
      throw problem("a document with one entry in \"windows\", or a recorded book message a line, is wanted")
    }
    let window = windows[0]
    guard let slug = window["cid"]?.asText, let named = RecordedWindow(slug: slug) else {
      throw problem("\"cid\" is not the name of an up/down window")
    }
    guard let up = window["token_up"]?.asText, let down = window["token_down"]?.asText else {
      throw problem("\"token_up\" and \"token_down\" are wanted")
    }
    guard let events = window["events"]?.asList, let first = events.first.flatMap(Self.received) else {
      throw problem("\"events\" has no event with a time")
    }
    let label = window["label"]
    market = RecordedMarket(
      spec: named.spec(slug: slug, tokens: [up, down], conditionID: nil),
      outcome: label?["resolved_up"]?.asNumber.map { $0 == 1 ? .yes : .no },
      opening: Self.price(label?["price_to_beat"]), closing: Self.price(label?["final_price"]))
    symbol = named.asset + "/usd"
    self.events = events
    self.first = first
  }

  var recording: Recording {
    Recording(markets: [market], first: first) {
      Events(events: events, tokens: market.spec.tokens, symbol: symbol, last: first)
    }
  }

  private static func received(_ event: WireValue) -> MarketTime? {
    event.asList?.first.flatMap(stamp)
  }

  /// Seconds since 1970 with a fraction.
  private static func stamp(_ value: WireValue) -> MarketTime? {
    guard let micros = value.asMicros, MarketTime(venueMilliseconds: micros / 1_000) != nil else { return nil }
    return MarketTime(nanoseconds: micros * 1_000)
  }

  private static func price(_ value: WireValue?) -> Int128? {
    if case .number(let text)? = value { return WireAttos.read(text) }
    return nil
  }

  private struct Events: RecordedEvents {
    let events: [WireValue]
    let tokens: [String]
    let symbol: String
    var last: MarketTime
    private(set) var skipped = 0
    private var place = 0
    private var bid: Price?
    private var ask: Price?

    init(events: [WireValue], tokens: [String], symbol: String, last: MarketTime) {
      self.events = events
      self.tokens = tokens
      self.symbol = symbol
      self.last = last
    }

    mutating func next() -> RecordedEvent? {
      while place < events.count {
        let event = events[place]
        place += 1
        guard let parts = event.asList, let received = PriceRecording.received(event), parts.count >= 4 else {
          skipped += 1
          continue
        }
        last = max(last, received)
        switch read(parts) {
        case .change(let change): return RecordedEvent(at: last, changes: [change])
        case .mirror: continue
        case .unreadable: skipped += 1
        }
      }
      return nil
    }

    private enum Reading {
      case change(RecordedEvent.Change)
      /// The other token's best prices: those of the first, seen from its side.
      case mirror
      case unreadable
    }

    private mutating func read(_ parts: [WireValue]) -> Reading {
      switch parts[1].asText {
      case "s", "l", "t":
        guard let at = PriceRecording.stamp(parts[2]), let price = PriceRecording.price(parts[3]) else {
          return .unreadable
        }
        var report = ReferenceReport(symbol: symbol, at: at)
        switch parts[1].asText {
        case "s": report.exchange = price
        case "l": report.value = price
        default: report.mean = price
        }
        return .change(.report(report))
      case "p":
        guard let outcome = outcome(parts[2]), parts.count == 5,
          let price = parts[3].asMicros.flatMap(Price.init(micros:)),
          let size = parts[4].asMicros, size > 0
        else { return .unreadable }
        return .change(
          .print(market: 0, outcome: outcome, side: side(outcome, price), price: price, size: Shares(micros: size)))
      case "b":
        guard let outcome = outcome(parts[2]), parts.count == 5,
          let low = parts[3].asMicros.flatMap(Price.init(micros:)),
          let high = parts[4].asMicros.flatMap(Price.init(micros:))
        else { return .unreadable }
        guard outcome == .yes else { return .mirror }
        bid = low == .zero ? nil : low
        ask = high == .one ? nil : high
        func side(_ price: Price?) -> [VenueState.StreetBook.Level] {
          price.map { [.init(price: $0, size: PriceRecording.shownSize)] } ?? []
        }
        return .change(.book(market: 0, VenueState.StreetBook(bids: side(bid), asks: side(ask))))
      default: return .unreadable
      }
    }

    private func outcome(_ token: WireValue) -> Outcome? {
      token.asText == tokens[0] ? .yes : token.asText == tokens[1] ? .no : nil
    }

    /// Who took was not recorded: a trade at the best bid or below it was a sale, any other a purchase.
    private func side(_ outcome: Outcome, _ price: Price) -> Side {
      let best = outcome == .yes ? bid : ask?.complement
      return best.map { price <= $0 } ?? false ? .sell : .buy
    }
  }
}
