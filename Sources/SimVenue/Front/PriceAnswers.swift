import Shared

/// Books and prices by token, one or many at once, and their history (protocol document, section 2.2).
enum PriceAnswers {
  private static let noBook = Answer.refused(404, "No orderbook exists for the requested token id")
  /// Items in one plural request.
  private static let itemsMax = 500

  /// `nil` when the path is none of these.
  static func answer(_ call: Call, _ state: VenueState) -> Answer? {
    switch (call.method, call.path) {
    case ("GET", "/book"):
      return token(call, state) { market, outcome in
        Answer(status: 200, body: BookText.write(market, outcome, state, event: false), decision: "ok")
      }
    case ("GET", "/price"): return price(call, state)
    case ("GET", "/midpoint"):
      return token(call, state) { middle($0, $1, state).map { .ok(.object(("mid", .text($0)))) } ?? noBook }
    case ("GET", "/spread"):
      return token(call, state) { spread($0, $1, state).map { .ok(.object(("spread", .text($0)))) } ?? noBook }
    case ("GET", "/last-trade-price"):
      return token(call, state) { market, outcome in
        let last = last(market, outcome, state)
        return .ok(.object(("price", .text(last?.price ?? "0.5")), ("side", .text(last?.side ?? ""))))
      }
    case ("GET", "/prices-history"): return history(call, state)
    case ("POST", "/books"):
      return many(call, state) { rows in
        var out: [UInt8] = [0x5B]
        for (index, row) in rows.enumerated() {
          if index > 0 { out.append(0x2C) }
          out += BookText.write(row.market, row.outcome, state, event: false)
        }
        return Answer(status: 200, body: out + [0x5D], decision: "ok")
      }
    case ("POST", "/prices"):
      return many(call, state) { rows in
        byToken(rows) { row in
          guard let side = row.side, let best = best(row.market, row.outcome, side, state) else { return nil }
          return .object((side.rawValue, .text(best.description)))
        }
      }
    case ("POST", "/midpoints"):
      return many(call, state) { byToken($0) { middle($0.market, $0.outcome, state).map { .text($0) } } }
    case ("POST", "/spreads"):
      return many(call, state) { byToken($0) { spread($0.market, $0.outcome, state).map { .text($0) } } }
    case ("POST", "/last-trades-prices"):
      return many(call, state) { rows in
        .ok(
          .list(
            rows.compactMap { row in
              last(row.market, row.outcome, state).map {
                .object(("token_id", .text(row.token)), ("price", .text($0.price)), ("side", .text($0.side)))
              }
            }))
      }
    default: return nil
    }
  }

  // MARK: - One token

  private static func token(_ call: Call, _ state: VenueState, _ body: (Int, Outcome) -> Answer) -> Answer {
    guard let id = call.first("token_id"), !id.isEmpty else { return .refused(400, "Invalid token id") }
    guard let (market, outcome) = state.market(token: id), state.live[market].isOpen else { return noBook }
    return body(market, outcome)
  }

  private static func price(_ call: Call, _ state: VenueState) -> Answer {
    token(call, state) { market, outcome in
      guard let side = call.first("side").flatMap({ Side(rawValue: $0.uppercased()) }) else {
        return .refused(400, "Invalid side")
      }
      return best(market, outcome, side, state).map { .ok(.object(("price", .text($0.description)))) } ?? noBook
    }
  }

  /// `BUY` asks for the best bid, `SELL` for the best ask: the price at which the named side rests.
  private static func best(_ market: Int, _ outcome: Outcome, _ side: Side, _ state: VenueState) -> Price? {
    let book = state.live[market].book
    return side == .buy ? book.bestBid(outcome) : book.bestAsk(outcome)
  }

  private static func middle(_ market: Int, _ outcome: Outcome, _ state: VenueState) -> String? {
    guard let bid = best(market, outcome, .buy, state), let ask = best(market, outcome, .sell, state) else {
      return nil
    }
    return Price.middle(bid, ask).description
  }

  private static func spread(_ market: Int, _ outcome: Outcome, _ state: VenueState) -> String? {
    guard let bid = best(market, outcome, .buy, state), let ask = best(market, outcome, .sell, state) else {
      return nil
    }
    return WireDecimal.text(ask.micros - bid.micros)
  }

  private static func last(_ market: Int, _ outcome: Outcome, _ state: VenueState) -> (price: String, side: String)? {
    let live = state.live[market]
    guard let price = live.lastPrice else { return nil }
    let isSame = live.lastOutcome == outcome
    return (
      (isSame ? price : price.complement).description, (isSame ? live.lastSide : live.lastSide.opposite).rawValue
    )
  }

  // MARK: - Many tokens

  private struct Row {
    var token: String
    var market: Int
    var outcome: Outcome
    var side: Side?
  }

  /// Reads `[{"token_id": …, "side": …}, …]`; tokens without a book are left out of the answer.
  private static func many(_ call: Call, _ state: VenueState, _ show: ([Row]) -> Answer) -> Answer {
    guard let items = WireReader.read(call.body)?.asList, items.allSatisfy({ $0["token_id"]?.asText != nil }) else {
      return .refused(400, "Invalid payload")
    }
    guard items.count <= itemsMax else { return .refused(400, "Payload exceeds the limit") }
    return show(
      items.compactMap { item in
        guard let token = item["token_id"]?.asText, let (market, outcome) = state.market(token: token),
          state.live[market].isOpen
        else { return nil }
        return Row(
          token: token, market: market, outcome: outcome,
          side: item["side"]?.asText.flatMap { Side(rawValue: $0.uppercased()) })
      })
  }

  /// One member a token; a token asked for twice (once a side) has the members of both.
  private static func byToken(_ rows: [Row], _ show: (Row) -> WireValue?) -> Answer {
    var fields: [WireValue.Field] = []
    for row in rows {
      guard let value = show(row) else { continue }
      if let place = fields.firstIndex(where: { $0.name == row.token }) {
        if case .record(let old) = fields[place].value, case .record(let new) = value {
          fields[place].value = .record(old.filter { field in !new.contains { $0.name == field.name } } + new)
        }
      } else {
        fields.append(.init(name: row.token, value: value))
      }
    }
    return .ok(.record(fields))
  }

  // MARK: - History

  private static let intervals: [String: Int64] = ["1h": 3600, "6h": 21_600, "1d": 86_400, "1w": 604_800]

  private static func history(_ call: Call, _ state: VenueState) -> Answer {
    guard let (market, outcome) = call.first("market").flatMap({ state.market(token: $0) }) else {
      return .refused(400, "Invalid market")
    }
    func seconds(_ name: String) -> Int64? { call.first(name).flatMap { Int64($0) } }
    let now = state.now.market.seconds
    var from = seconds("startTs") ?? 0
    let to = seconds("endTs") ?? now
    switch call.first("interval") {
    case "max", "all": break
    case let name?:
      guard let length = intervals[name] else { return .refused(400, "invalid interval") }
      from = now - length
    case nil:
      guard seconds("startTs") != nil else { return .refused(400, "interval or startTs is required") }
    }
    let fidelity = seconds("fidelity") ?? 1
    // Minutes, a week at most.
    guard (1...10_080).contains(fidelity) else { return .refused(400, "invalid fidelity") }
    let step = 60 * fidelity
    var points: [WireValue] = []
    var next = Int64.min
    for point in state.live[market].history where point.at >= from && point.at <= to && point.at >= next {
      let price = outcome == .yes ? point.price : point.price.complement
      points.append(.object(("t", .integer(point.at)), ("p", .number(price.description))))
      // The next full step: points are taken once a minute, at its first moment that has both sides.
      next = (point.at / step + 1) * step
    }
    return .ok(.object(("history", .list(points))))
  }
}
