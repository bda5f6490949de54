import Shared

/// The CLOB's public questions (protocol document, sections 2.2 to 2.4).
enum PublicAnswers {
  private static let noBook = Answer.refused(404, "No orderbook exists for the requested token id")

  /// `nil` when the path is none of these.
  static func answer(_ call: Call, _ state: VenueState, wall: WallTime) -> Answer? {
    guard call.method == "GET" else { return nil }
    switch call.path {
    case "/", "/ok": return .ok(.text("OK"))
    case "/time": return .ok(.integer(wall.seconds))
    case "/version": return .ok(.object(("version", .integer(2))))
    case "/book":
      return token(call, state) { market, outcome in
        Answer(status: 200, body: BookText.write(market, outcome, state, event: false), decision: "ok")
      }
    case "/price": return price(call, state)
    case "/midpoint":
      return token(call, state) { market, outcome in
        guard let bid = state.live[market].book.bestBid(outcome), let ask = state.live[market].book.bestAsk(outcome)
        else {
          return noBook
        }
        return .ok(.object(("mid", .text(Price.middle(bid, ask).description))))
      }
    case "/spread":
      return token(call, state) { market, outcome in
        guard let bid = state.live[market].book.bestBid(outcome), let ask = state.live[market].book.bestAsk(outcome)
        else {
          return noBook
        }
        return .ok(.object(("spread", .text(WireDecimal.text(ask.micros - bid.micros)))))
      }
    case "/last-trade-price":
      return token(call, state) { market, outcome in
        let live = state.live[market]
        guard let price = live.lastPrice else { return .ok(.object(("price", "0.5"), ("side", ""))) }
        let same = live.lastOutcome == outcome
        return .ok(
          .object(
            ("price", .text((same ? price : price.complement).description)),
            ("side", .text((same ? live.lastSide : live.lastSide.opposite).rawValue))))
      }
    case "/tick-size":
      return token(call, state) { market, _ in tick(state, market) }
    case "/neg-risk":
      return token(call, state) { _, _ in .ok(.object(("neg_risk", .flag(false)))) }
    case "/fee-rate":
      return token(call, state) { market, _ in
        .ok(.object(("base_fee", .integer(state.spec(market).feeRate > 0 ? 1000 : 0))))
      }
    default: break
    }
    if let id = call.rest("/tick-size/") {
      guard let (market, _) = state.market(token: id) else { return noBook }
      return tick(state, market)
    }
    if let id = call.rest("/markets-by-token/") {
      guard let (market, _) = state.market(token: id) else { return .refused(404, "market not found") }
      let spec = state.spec(market)
      return .ok(
        .object(
          ("condition_id", .text(spec.conditionID)), ("primary_token_id", .text(spec.tokens[0])),
          ("secondary_token_id", .text(spec.tokens[1]))))
    }
    if let id = call.rest("/clob-markets/") {
      guard let market = state.clients.markets.firstIndex(where: { $0.conditionID == id.lowercased() }) else {
        return .refused(404, "market not found")
      }
      return .ok(compact(market, state))
    }
    return nil
  }

  private static func token(_ call: Call, _ state: VenueState, _ body: (Int, Outcome) -> Answer) -> Answer {
    guard let id = call.first("token_id"), !id.isEmpty else { return .refused(400, "Invalid token id") }
    guard let (market, outcome) = state.market(token: id), state.live[market].isOpen else { return noBook }
    return body(market, outcome)
  }

  /// `BUY` asks for the best bid, `SELL` for the best ask: the price at which the named side rests.
  private static func price(_ call: Call, _ state: VenueState) -> Answer {
    token(call, state) { market, outcome in
      guard let side = call.first("side").flatMap({ Side(rawValue: $0.uppercased()) }) else {
        return .refused(400, "Invalid side")
      }
      let book = state.live[market].book
      guard let best = side == .buy ? book.bestBid(outcome) : book.bestAsk(outcome) else { return noBook }
      return .ok(.object(("price", .text(best.description))))
    }
  }

  private static func tick(_ state: VenueState, _ market: Int) -> Answer {
    .ok(.object(("minimum_tick_size", .number(state.live[market].tick.description))))
  }

  private static func compact(_ market: Int, _ state: VenueState) -> WireValue {
    let spec = state.spec(market)
    var fields: [(String, WireValue)] = [
      (
        "t",
        .list([0, 1].map { .object(("t", .text(spec.tokens[$0])), ("o", .text(spec.labels[$0]))) })
      ),
      ("c", .text(spec.conditionID)), ("mos", .number(spec.minimumSize.description)),
      ("mts", .number(state.live[market].tick.description)), ("mbf", .integer(1000)), ("tbf", .integer(1000)),
      ("ao", .flag(state.live[market].isOpen)),
      ("aot", .text(CivilTime.iso8601(nanoseconds: spec.listed.seconds * 1_000_000_000))),
    ]
    if spec.isUpDown { fields.append(("itode", .flag(true))) }
    if spec.feeRate > 0 {
      fields.append(
        ("fd", .object(("r", .number(WireDecimal.text(spec.feeRate))), ("e", .integer(1)), ("to", .flag(true)))))
    }
    fields.append(("v", "v1"))
    return .record(fields.map { .init(name: $0.0, value: $0.1) })
  }
}
