import Shared

/// The CLOB's public questions that are about no price (protocol document, section 2.2).
enum PublicAnswers {
  /// `nil` when the path is none of the CLOB's public ones.
  static func answer(_ call: Call, _ state: VenueState, wall: WallTime) -> Answer? {
    if let answer = PriceAnswers.answer(call, state) ?? MarketAnswers.answer(call, state) { return answer }
    guard call.method == "GET" else { return nil }
    switch call.path {
    case "/", "/ok": return .ok(.text("OK"))
    case "/time": return .ok(.integer(wall.seconds))
    case "/version": return .ok(.object(("version", .integer(2))))
    case "/tick-size": return token(call.first("token_id"), state) { tick(state, $0) }
    case "/neg-risk":
      return token(call.first("token_id"), state) { market in
        .ok(.object(("neg_risk", .flag(state.spec(market).exchange == .negativeRisk))))
      }
    case "/fee-rate":
      return token(call.first("token_id"), state) { market in
        .ok(.object(("base_fee", .integer(state.spec(market).feeRate > 0 ? 1000 : 0))))
      }
    // Rewards and builders belong to the real venue's programmes: there are none here.
    case "/rewards/markets/current", "/rewards/markets/multi", "/builder/trades": return Paging.empty(call)
    case "/rebates/current": return rebates(call, state)
    default: break
    }
    if let id = call.rest("/tick-size/") { return token(id, state) { tick(state, $0) } }
    if call.rest("/rewards/markets/") != nil { return Paging.empty(call) }
    if call.rest("/fees/builder-fees/") != nil { return .refused(404, "builder not found") }
    return nil
  }

  /// What a maker gets back of a day's fees, market by market; payouts below a dollar are shown, too.
  private static func rebates(_ call: Call, _ state: VenueState) -> Answer {
    guard let date = call.first("date"), let at = CivilTime.nanoseconds(parsing: date + "T00:00:00Z"),
      let address = call.first("maker_address"), Hex.bytes(address, count: 20) != nil
    else { return .refused(400, "date and maker_address are required") }
    guard let account = state.clients.account(address: address.lowercased()) else { return .ok(.list([])) }
    let rows = state.rebates.rebates(of: account, day: at / 86_400_000_000_000, state.clients.markets)
    return .ok(
      .list(
        rows.map {
          .object(
            ("date", .text(date)), ("condition_id", .text(state.spec($0.market).conditionID)),
            ("asset_address", .text(Contracts.collateral)), ("maker_address", .text(address)),
            ("rebated_fees_usdc", .text($0.amount.description)))
        }))
  }

  private static func token(_ id: String?, _ state: VenueState, _ body: (Int) -> Answer) -> Answer {
    guard let id, !id.isEmpty else { return .refused(400, "Invalid token id") }
    guard let (market, _) = state.market(token: id), state.live[market].isOpen else {
      return .refused(404, "No orderbook exists for the requested token id")
    }
    return body(market)
  }

  private static func tick(_ state: VenueState, _ market: Int) -> Answer {
    .ok(.object(("minimum_tick_size", .number(state.live[market].tick.description))))
  }
}
