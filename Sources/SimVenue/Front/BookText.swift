import Shared

/// A book as JSON, written by hand: the REST object and the `book` event, with the hash that covers the ten REST fields.
enum BookText {
  /// - Parameter event: adds `event_type`, as the market channel does.
  static func write(_ market: Int, _ outcome: Outcome, _ state: VenueState, event: Bool) -> [UInt8] {
    let spec = state.spec(market)
    let live = state.live[market]
    var head = WireWriter(capacity: 6000)
    head.raw("{\"market\":")
    head.plain(spec.conditionID)
    head.raw(",\"asset_id\":")
    head.plain(spec.tokens[outcome.index])
    head.raw(",\"timestamp\":")
    head.quotedInteger((live.streetStamp ?? state.now.market).milliseconds)
    head.raw(",\"hash\":\"")
    var tail = WireWriter(capacity: 6000)
    tail.raw("\",\"bids\":")
    levels(live.book, outcome, .buy, &tail)
    tail.raw(",\"asks\":")
    levels(live.book, outcome, .sell, &tail)
    tail.raw(",\"min_order_size\":")
    tail.decimal(spec.minimumSize.micros)
    tail.raw(",\"tick_size\":")
    tail.decimal(live.tick.micros)
    tail.raw(spec.exchange == .negativeRisk ? ",\"neg_risk\":true" : ",\"neg_risk\":false")
    tail.raw(",\"last_trade_price\":\"")
    tail.raw(lastTrade(live, outcome))
    tail.raw("\"}")
    let hash = Hex.text(Digests.sha1(head.bytes + tail.bytes))
    var out = WireWriter(capacity: head.bytes.count + tail.bytes.count + 80)
    if event {
      out.raw("{\"event_type\":\"book\",")
      out.bytes.append(contentsOf: head.bytes.dropFirst())
    } else {
      out.raw(head.bytes)
    }
    out.raw(hash)
    out.raw(tail.bytes)
    return out.bytes
  }

  /// The `book` events of all open markets in whose books something rests.
  static func standing(_ state: VenueState) -> [[UInt8]] {
    state.live.indices.filter { state.live[$0].isOpen }.flatMap { market in
      let book = state.live[market].book
      guard book.bestBid(.yes) != nil || book.bestAsk(.yes) != nil else { return [[UInt8]]() }
      return Outcome.allCases.map { write(market, $0, state, event: true) }
    }
  }

  /// Price of the last trade as this token's, three decimals; empty before the first.
  static func lastTrade(_ live: VenueState.LiveMarket, _ outcome: Outcome) -> String {
    guard let price = live.lastPrice else { return "" }
    let own = live.lastOutcome == outcome ? price : price.complement
    let text = own.description
    let decimals = text.contains(".") ? text.utf8.count - 2 : 0
    return (decimals == 0 ? text + "." : text) + String(repeating: "0", count: max(0, 3 - decimals))
  }

  private static func levels(_ book: MatchingBook, _ outcome: Outcome, _ side: Side, _ out: inout WireWriter) {
    var isFirst = true
    var writer = WireWriter(capacity: 3000)
    book.forEachLevel(outcome, side) { price, size in
      writer.raw(isFirst ? "{\"price\":" : ",{\"price\":")
      isFirst = false
      writer.decimal(price.micros)
      writer.raw(",\"size\":")
      writer.decimal(size.micros)
      writer.raw("}")
    }
    out.raw("[")
    out.raw(writer.bytes)
    out.raw("]")
  }
}
