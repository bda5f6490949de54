import Shared

/// What the Data API knows of markets: holders, open interest, volumes, price histories, resolutions, tokens.
enum MarketDataAnswers {
  // MARK: - Holders

  /// Most holders of a token that are told.
  private static let holdersMax = 100

  static func holders(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    guard let markets = try query.markets(["condition_id", "condition"], events: [], most: 20, state) else {
      throw DataProblem("condition_id is required")
    }
    let least = try query.amount("min_balance") ?? 0
    let includesPnl = try query.flag("include_pnl", default: false)
    if includesPnl, markets.count > 1 { throw DataProblem("include_pnl requires exactly one condition") }
    var rows: [WireValue] = []
    for market in markets.sorted() {
      for outcome in Outcome.allCases {
        let holders = holders(market, outcome, least: least, state).prefix(holdersMax)
        rows.append(
          .object(
            ("token_id", .text(state.spec(market).tokens[outcome.index])),
            ("holders", .list(holders.map { holder($0, includesPnl, state) }))))
      }
    }
    return try DataPage.answer(query, most: includesPnl ? 100 : 1_000, rows)
  }

  static func firstHolders(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    guard let markets = try query.markets(["market"], events: [], most: 100, state) else {
      throw DataProblem("required query param 'market' not provided")
    }
    let limit = try query.capped("limit", default: 20, most: 20)
    let least = try query.amount("minBalance") ?? 1_000_000
    return .ok(
      .list(
        markets.sorted().flatMap { market in
          Outcome.allCases.map { outcome in
            .object(
              ("token", .text(state.spec(market).tokens[outcome.index])),
              (
                "holders",
                .list(
                  holders(market, outcome, least: least, state).prefix(limit).map { row in
                    .pairs(
                      [
                        ("proxyWallet", .text(row.wallet.address)),
                        ("asset", .text(state.spec(market).tokens[outcome.index])),
                        ("amount", DataText.number(row.position.shares.micros)),
                        ("displayUsernamePublic", .flag(true)), ("outcomeIndex", .integer(Int64(outcome.index))),
                        ("verified", .flag(false)),
                      ] + DataText.profile(row.wallet, .first))
                  })
              ))
          }
        }))
  }

  /// The wallets that hold a token, the greatest first.
  private static func holders(
    _ market: Int, _ outcome: Outcome, least: Int64, _ state: VenueState
  ) -> [HeldPosition] {
    let key = ChainWallet.key(market, outcome)
    return state.chain.wallets.compactMap { wallet in
      wallet.positions[key].flatMap { position in
        position.shares > .zero && position.shares.micros >= least
          ? HeldPosition(wallet, key, position, state) : nil
      }
    }.sorted { ($1.position.shares, $0.wallet.address) < ($0.position.shares, $1.wallet.address) }
  }

  private static func holder(_ row: HeldPosition, _ includesPnl: Bool, _ state: VenueState) -> WireValue {
    var fields: [(String, WireValue)] = [
      ("proxy_wallet", .text(row.wallet.address)),
      ("token_id", .text(state.spec(row.market).tokens[row.outcome.index])),
      ("amount", DataText.number(row.position.shares.micros)), ("outcome_index", .integer(Int64(row.outcome.index))),
      ("display_username_public", .flag(true)), ("verified", .flag(false)),
    ]
    if includesPnl {
      fields += [
        ("avg_price", DataText.number(row.position.averagePrice.micros)),
        ("entry_cost_usdc", DataText.number(row.position.cost.micros)),
        ("current_price", DataText.number(row.price)), ("current_value", DataText.number(row.value.micros)),
        ("realized_pnl", DataText.number(row.position.realized.micros)),
        ("unrealized_pnl", DataText.number(row.unrealized.micros)), ("total_pnl", DataText.number(row.total.micros)),
      ]
    }
    return .pairs(fields + DataText.profile(row.wallet, .second))
  }

  // MARK: - Interest and volume

  /// Dollars locked in a market: its sets in circulation.
  private static func interest(_ market: Int, _ state: VenueState) -> Int64 {
    state.chain.wallets.reduce(0) { $0 + max(0, $1.held(market, .yes).micros) }
  }

  private static func takerVolume(_ market: Int, _ state: VenueState) -> Int64 {
    state.chain.events.reduce(0) {
      $1.kind == .trade && $1.isTaker && $1.market == market ? $0 + $1.shares.micros : $0
    }
  }

  static func openInterest(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    guard let markets = try query.markets(["condition_id", "condition"], events: [], most: 20, state) else {
      let all = state.live.indices.reduce(Int64(0)) { $0 + interest($1, state) }
      return DataPage.single(.list([.object(("condition_id", "GLOBAL"), ("value", DataText.number(all)))]))
    }
    return DataPage.single(
      .list(
        markets.sorted().map {
          .object(
            ("condition_id", .text(DataText.condition(state.spec($0)))),
            ("value", DataText.number(interest($0, state))))
        }))
  }

  static func firstOpenInterest(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let markets = try query.markets(["market"], events: [], most: 100, state) ?? []
    return .ok(
      .list(
        markets.sorted().map {
          .object(
            ("market", .text(DataText.condition(state.spec($0)))), ("value", DataText.number(interest($0, state))))
        }))
  }

  static func liveVolume(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    guard let markets = try query.markets([], events: ["event_id"], most: 20, state) else {
      throw DataProblem("event_id is required")
    }
    let volumes = markets.sorted().map { ($0, takerVolume($0, state)) }
    return DataPage.single(
      .object(
        ("taker_volume_total", DataText.number(volumes.reduce(0) { $0 + $1.1 })),
        (
          "conditions",
          .list(
            volumes.map {
              .object(
                ("condition_id", .text(DataText.condition(state.spec($0.0)))), ("taker_volume", DataText.number($0.1)))
            })
        )))
  }

  static func firstLiveVolume(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    guard let markets = try query.markets([], events: ["id"], most: 1, state) else {
      throw DataProblem("required query param 'id' not provided")
    }
    let volumes = markets.sorted().map { ($0, takerVolume($0, state)) }
    return .ok(
      .list([
        .object(
          ("total", DataText.number(volumes.reduce(0) { $0 + $1.1 })),
          (
            "markets",
            .list(
              volumes.map {
                .object(
                  ("market", .text(DataText.condition(state.spec($0.0)))), ("value", DataText.number($0.1)))
              })
          ))
      ]))
  }

  // MARK: - Price history

  private static let intervals: [String: Int64] = [
    "1h": 3600, "6h": 21_600, "1d": 86_400, "1w": 604_800, "1m": 2_592_000, "max": .max / 2, "all": .max / 2,
  ]

  static func priceHistory(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    guard let (market, outcome) = query.text("token_id").flatMap({ state.market(token: $0) }) else {
      throw DataProblem("token_id is required")
    }
    let range: ClosedRange<Int64> = 1...253_402_300_799
    let interval = query.text("interval")
    let start = try query.number("start", range)
    let asOf = try query.number("as_of", range)
    guard [interval != nil, start != nil, asOf != nil].count(where: { $0 }) == 1 else {
      throw DataProblem("provide exactly one of interval, start, or as_of")
    }
    let now = state.now.market.seconds
    let points = state.live[market].history
    func row(_ point: (at: Int64, price: Price), _ resolution: Int64) -> WireValue {
      .object(
        ("timestamp", .integer(point.at)),
        ("price", .number((outcome == .yes ? point.price : point.price.complement).description)),
        ("resolution_seconds", .integer(resolution)))
    }
    if let asOf {
      return try DataPage.answer(query, points.last { $0.at <= asOf }.map { [row($0, 0)] } ?? [])
    }
    guard let length = interval.map({ intervals[$0] }) ?? .some(0) else { throw DataProblem("invalid interval") }
    let from = start ?? now - min(length, now)
    let to = try query.number("end", range) ?? now
    guard start == nil || (to >= from && to - from <= 15 * 86_400) else {
      throw DataProblem("a window ends after its start and spans at most 15 days")
    }
    let least: Int64 = ["max", "all", "1m"].contains(interval) ? 600 : interval == "1w" ? 300 : 60
    let bucket = try query.number("bucket_seconds", least...86_400) ?? least
    var rows: [WireValue] = []
    var next = Int64.min
    for point in points where point.at >= from && point.at <= to && point.at >= next {
      rows.append(row(point, bucket))
      next = (point.at / bucket + 1) * bucket
    }
    return try DataPage.answer(query, most: 10_000, rows)
  }

  // MARK: - Tokens

  static func tokens(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let ids = query.list("token_id")
    let markets = try query.markets(["condition"], events: [], most: 10, state)
    guard ids.isEmpty != (markets == nil) else { throw DataProblem("provide exactly one of token_id or condition") }
    guard ids.count <= 50 else { throw DataProblem("at most 50 tokens") }
    let wanted =
      ids.compactMap { state.market(token: $0) }.map { ($0.index, $0.outcome) }
      + (markets ?? []).sorted().flatMap { market in Outcome.allCases.map { (market, $0) } }
    return DataPage.single(.list(wanted.map { token($0, $1, state) }))
  }

  private static func token(_ market: Int, _ outcome: Outcome, _ state: VenueState) -> WireValue {
    let spec = state.spec(market)
    let resolution = GammaMarket.resolution(market, state)?.0
    let isGrouped = spec.exchange == .negativeRisk
    let index = GammaMarket.siblings(market, state).firstIndex(of: market) ?? 0
    return .object(
      ("token_id", .text(spec.tokens[outcome.index])), ("condition_id", .text(DataText.condition(spec))),
      ("structural_condition_id", spec.exchange == .third ? .text(DataText.condition(spec)) : .null),
      ("module", spec.exchange == .third ? "binary" : "v1_ctf"), ("outcome_index", .integer(Int64(outcome.index))),
      ("clob_index", .integer(Int64(outcome.index))), ("outcome", .text(spec.labels[outcome.index])),
      ("opposite_token_id", .text(spec.tokens[outcome.other.index])), ("resolved", .flag(resolution != nil)),
      ("final_price", resolution.map { DataText.number($0.payout(outcome)) } ?? .null), ("title", .text(spec.question)),
      ("market_slug", .text(spec.slug)), ("closed", .flag(resolution != nil)), ("neg_risk", .flag(isGrouped)),
      ("neg_risk_market_id", isGrouped ? .text(spec.groupID) : .null),
      ("question_index", isGrouped ? .integer(Int64(index)) : .null), ("event_id", .integer(spec.eventNumber)),
      ("event_slug", .text(spec.eventSlug)))
  }
}
