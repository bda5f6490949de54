import Shared

/// A market as the CLOB describes it: the compact form, the long one and its lists (protocol document, section 2.4).
enum MarketAnswers {
  private static let notFound = Answer.refused(404, "market not found")

  /// `nil` when the path is none of these. `/markets` itself is Gamma's too: the CLOB's clients send a cursor.
  static func answer(_ call: Call, _ state: VenueState) -> Answer? {
    guard call.method == "GET" else { return nil }
    switch call.path {
    case "/markets" where call.first("next_cursor") != nil:
      return Paging.page(call, Array(state.live.indices), size: 500) { long($0, state) }
    case "/simplified-markets":
      return Paging.page(call, Array(state.live.indices), size: 500) { simple($0, state) }
    case "/sampling-markets": return Paging.page(call, open(state), size: 500) { long($0, state) }
    case "/sampling-simplified-markets": return Paging.page(call, open(state), size: 500) { simple($0, state) }
    default: break
    }
    if let id = call.rest("/markets-by-token/") {
      guard let (market, _) = state.market(token: id), state.isHydrated(market) else { return notFound }
      let spec = state.spec(market)
      return .ok(
        .object(
          ("condition_id", .text(spec.conditionID)), ("primary_token_id", .text(spec.tokens[0])),
          ("secondary_token_id", .text(spec.tokens[1]))))
    }
    if let id = call.rest("/clob-markets/") { return find(id, state).map { .ok(compact($0, state)) } ?? notFound }
    // Nobody writes down what happened in a market lately.
    if let id = call.rest("/markets/live-activity/") { return find(id, state) == nil ? notFound : .ok(.list([])) }
    // Gamma's numeric ids and the slugs are its own.
    if let id = call.rest("/markets/"), id.hasPrefix("0x") {
      return find(id, state).map { .ok(long($0, state)) } ?? notFound
    }
    return nil
  }

  private static func open(_ state: VenueState) -> [Int] { state.live.indices.filter { state.live[$0].isOpen } }

  /// By condition id; one of 31 bytes may have a padding byte behind it.
  private static func find(_ id: String, _ state: VenueState) -> Int? {
    let wanted = id.lowercased()
    let index = state.clients.conditionIndex
    return index[wanted] ?? (wanted.hasSuffix("00") ? index[String(wanted.dropLast(2))] : nil)
  }

  private static func compact(_ market: Int, _ state: VenueState) -> WireValue {
    let spec = state.spec(market)
    // Not tradable yet: tokens without ids.
    let isKnown = state.isHydrated(market)
    var fields: [(String, WireValue)] = [
      (
        "t",
        .list([0, 1].map { .object(("t", .text(isKnown ? spec.tokens[$0] : "")), ("o", .text(spec.labels[$0]))) })
      ),
      ("c", .text(spec.conditionID)), ("mos", .number(spec.minimumSize.description)),
      ("mts", .number(state.live[market].tick.description)), ("mbf", .integer(1000)), ("tbf", .integer(1000)),
      ("ao", .flag(state.live[market].isOpen)),
      ("aot", .text(CivilTime.iso8601(nanoseconds: spec.listed.seconds * 1_000_000_000))),
    ]
    if spec.exchange == .negativeRisk { fields.append(("nr", .flag(true))) }
    if spec.isUpDown { fields.append(("itode", .flag(true))) }
    if spec.feeRate > 0 {
      fields.append(
        ("fd", .object(("r", .number(WireDecimal.text(spec.feeRate))), ("e", .integer(1)), ("to", .flag(true)))))
    }
    fields.append(("v", spec.exchange == .third ? "v2" : "v1"))
    return .record(fields.map { .init(name: $0.0, value: $0.1) })
  }

  private static func tokens(_ market: Int, _ state: VenueState) -> WireValue {
    let spec = state.spec(market)
    let live = state.live[market]
    let resolution = GammaMarket.resolution(market, state)?.0
    return .list(
      Outcome.allCases.map { outcome in
        var price = resolution.map { WireDecimal.text($0.payout(outcome)) } ?? "0.5"
        if resolution == nil, let bid = live.book.bestBid(outcome), let ask = live.book.bestAsk(outcome) {
          price = Price.middle(bid, ask).description
        }
        return .object(
          ("token_id", .text(state.isHydrated(market) ? spec.tokens[outcome.index] : "")),
          ("outcome", .text(spec.labels[outcome.index])),
          ("price", .number(price)), ("winner", .flag(resolution?.winner == outcome)))
      })
  }

  private static let rewards = WireValue.object(
    ("rates", .null), ("min_size", .integer(0)), ("max_spread", .integer(0)))

  private static func simple(_ market: Int, _ state: VenueState) -> WireValue {
    .object(
      ("condition_id", .text(state.spec(market).conditionID)), ("rewards", rewards), ("tokens", tokens(market, state)),
      ("active", .flag(true)), ("closed", .flag(GammaMarket.resolution(market, state) != nil)),
      ("archived", .flag(false)),
      ("accepting_orders", .flag(state.live[market].isOpen)))
  }

  private static func long(_ market: Int, _ state: VenueState) -> WireValue {
    let spec = state.spec(market)
    let isNegative = spec.exchange == .negativeRisk
    return .object(
      ("enable_order_book", .flag(true)), ("active", .flag(true)),
      ("closed", .flag(GammaMarket.resolution(market, state) != nil)), ("archived", .flag(false)),
      ("accepting_orders", .flag(state.live[market].isOpen)),
      ("accepting_order_timestamp", .text(CivilTime.iso8601(nanoseconds: spec.listed.nanoseconds))),
      ("minimum_order_size", .number(spec.minimumSize.description)),
      ("minimum_tick_size", .number(state.live[market].tick.description)), ("condition_id", .text(spec.conditionID)),
      ("question_id", .text(spec.questionID)), ("question", .text(spec.question)), ("description", .text(spec.details)),
      ("market_slug", .text(spec.slug)), ("end_date_iso", .text(CivilTime.iso8601(nanoseconds: spec.end.nanoseconds))),
      ("game_start_time", .null), ("seconds_delay", .integer(0)), ("fpmm", ""), ("maker_base_fee", .integer(1000)),
      ("taker_base_fee", .integer(1000)), ("notifications_enabled", .flag(true)), ("neg_risk", .flag(isNegative)),
      ("neg_risk_market_id", .text(isNegative ? spec.groupID : "")),
      ("neg_risk_request_id", .text(isNegative ? spec.questionID : "")), ("icon", ""), ("image", ""),
      ("rewards", rewards),
      (
        "is_50_50_outcome",
        .flag(GammaMarket.resolution(market, state).map { $0.0.payouts == [500_000, 500_000] } ?? false)
      ), ("tokens", tokens(market, state)), ("tags", .list([])))
  }
}
