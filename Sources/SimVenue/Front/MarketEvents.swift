import Shared

/// The market channel's events, written by hand.
enum MarketEvents {
  private static func open(_ type: StaticString, _ market: Int, _ state: VenueState) -> WireWriter {
    var out = WireWriter(capacity: 700)
    out.raw("{\"event_type\":\"")
    out.raw(type)
    out.raw("\",\"market\":")
    out.plain(state.spec(market).conditionID)
    return out
  }

  private static func stamp(_ out: inout WireWriter, _ state: VenueState) {
    out.raw(",\"timestamp\":")
    out.quotedInteger(state.now.market.milliseconds)
    out.raw("}")
  }

  /// A change of the book is reported for both assets: a bid for one is an ask for the other.
  static func levels(
    _ market: Int, _ changes: [LevelChange], bid: Price?, ask: Price?, _ state: VenueState
  ) -> [UInt8] {
    let spec = state.spec(market)
    var out = open("price_change", market, state)
    out.raw(",\"price_changes\":[")
    for (index, change) in changes.enumerated() {
      for outcome in Outcome.allCases {
        out.raw(index == 0 && outcome == .yes ? "{\"asset_id\":" : ",{\"asset_id\":")
        out.plain(spec.tokens[outcome.index])
        out.raw(",\"price\":")
        out.decimal(outcome == .yes ? change.yesPrice.micros : change.yesPrice.complement.micros)
        out.raw(",\"size\":")
        out.decimal(change.total.micros)
        out.raw(
          change.isYesBid == (outcome == .yes) ? ",\"side\":\"BUY\",\"hash\":\"" : ",\"side\":\"SELL\",\"hash\":\"")
        out.raw(levelHash(market, outcome, change, state))
        out.raw("\",\"best_bid\":\"")
        if let best = outcome == .yes ? bid : ask?.complement { WireDecimal.append(best.micros, to: &out.bytes) }
        out.raw("\",\"best_ask\":\"")
        if let best = outcome == .yes ? ask : bid?.complement { WireDecimal.append(best.micros, to: &out.bytes) }
        out.raw("\"}")
      }
    }
    out.raw("]")
    stamp(&out, state)
    return out.bytes
  }

  /// What the real one covers is not known: forty hex digits that tell changes apart (FNV-1a, widened).
  private static func levelHash(_ market: Int, _ outcome: Outcome, _ change: LevelChange, _ state: VenueState) -> String
  {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for value in [
      Int64(market), Int64(outcome.index), change.yesPrice.micros, change.total.micros, state.now.market.nanoseconds,
    ] {
      hash = (hash ^ UInt64(bitPattern: value)) &* 0x100_0000_01b3
    }
    var generator = SeededGenerator(seed: hash)
    var digits: [UInt8] = []
    for _ in 0..<3 {
      var word = generator.next()
      for _ in 0..<16 {
        digits.append(Hex.digit(UInt8(word & 15)))
        word >>= 4
      }
    }
    return String(decoding: digits.prefix(40), as: UTF8.self)
  }

  static func traded(
    _ market: Int, _ outcome: Outcome, _ side: Side, _ price: Price, _ shares: Shares, _ hash: String,
    _ state: VenueState
  ) -> [UInt8] {
    var out = open("last_trade_price", market, state)
    out.raw(",\"asset_id\":")
    out.plain(state.spec(market).tokens[outcome.index])
    out.raw(",\"price\":")
    out.decimal(price.micros)
    out.raw(",\"size\":")
    out.decimal(shares.micros)
    out.raw(",\"fee_rate_bps\":\"0\",\"side\":")
    out.plain(side.rawValue)
    out.raw(",\"transaction_hash\":")
    out.plain(hash)
    stamp(&out, state)
    return out.bytes
  }

  static func tick(_ market: Int, _ outcome: Outcome, _ old: PriceTick, _ new: PriceTick, _ state: VenueState)
    -> [UInt8]
  {
    var out = open("tick_size_change", market, state)
    out.raw(",\"asset_id\":")
    out.plain(state.spec(market).tokens[outcome.index])
    out.raw(",\"old_tick_size\":")
    out.decimal(old.micros)
    out.raw(",\"new_tick_size\":")
    out.decimal(new.micros)
    stamp(&out, state)
    return out.bytes
  }

  static func top(_ market: Int, _ outcome: Outcome, yesBid: Price?, yesAsk: Price?, _ state: VenueState) -> [UInt8] {
    let bid = outcome == .yes ? yesBid : yesAsk?.complement
    let ask = outcome == .yes ? yesAsk : yesBid?.complement
    var out = open("best_bid_ask", market, state)
    out.raw(",\"asset_id\":")
    out.plain(state.spec(market).tokens[outcome.index])
    out.raw(",\"best_bid\":\"")
    if let bid { WireDecimal.append(bid.micros, to: &out.bytes) }
    out.raw("\",\"best_ask\":\"")
    if let ask { WireDecimal.append(ask.micros, to: &out.bytes) }
    out.raw("\",\"spread\":\"")
    if let bid, let ask { WireDecimal.append(ask.micros - bid.micros, to: &out.bytes) }
    out.raw("\"")
    stamp(&out, state)
    return out.bytes
  }

  static func listed(_ market: Int, _ state: VenueState) -> [UInt8] {
    let spec = state.spec(market)
    return WireValue.object(
      ("event_type", "new_market"), ("id", .text(String(spec.number))), ("question", .text(spec.question)),
      ("market", .text(spec.conditionID)), ("slug", .text(spec.slug)), ("description", .text(spec.details)),
      ("assets_ids", .texts(spec.tokens)), ("outcomes", .texts(spec.labels)),
      (
        "event_message",
        .object(
          ("id", .text(String(spec.eventNumber))), ("ticker", .text(spec.slug)), ("slug", .text(spec.slug)),
          ("title", .text(spec.question)), ("description", .text(spec.details)))
      ),
      ("timestamp", .text(String(state.now.market.milliseconds))), ("tags", .list([])),
      ("condition_id", .text(spec.conditionID)), ("active", .flag(true)), ("clob_token_ids", .texts(spec.tokens)),
      ("order_price_min_tick_size", .text(spec.tick.description)), ("fees_enabled", .flag(spec.feeRate > 0))
    ).bytes
  }

  static func resolved(_ market: Int, _ winner: Outcome?, _ state: VenueState) -> [UInt8] {
    let spec = state.spec(market)
    return WireValue.object(
      ("event_type", "market_resolved"), ("id", .text(String(spec.number))), ("market", .text(spec.conditionID)),
      ("assets_ids", .texts(spec.tokens)),
      ("winning_asset_id", .text(winner.map { spec.tokens[$0.index] } ?? "")),
      ("winning_outcome", .text(winner.map { spec.labels[$0.index] } ?? "")),
      ("timestamp", .text(String(state.now.market.milliseconds))), ("tags", .list([]))
    ).bytes
  }
}
