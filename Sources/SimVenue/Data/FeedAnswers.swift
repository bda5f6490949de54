import Shared

/// Trades and activity, in both versions.
enum FeedAnswers {
  /// What a request for trades wants.
  private struct Wish {
    var user: Int??
    var markets: Set<Int>?
    var side: Side?
    var takersOnly: Bool
    var measure: DataMeasure
    var least: Int64
    var start: Int64?
    var end: Int64?

    func passes(_ event: ChainEvent) -> Bool {
      guard event.kind == .trade, !takersOnly || event.isTaker, user.map({ $0 == event.wallet }) ?? true,
        side == nil || side == event.side, markets.map({ $0.contains(event.market ?? -1) }) ?? true
      else { return false }
      let second = event.now.market.seconds
      guard start.map({ second >= $0 }) ?? true, end.map({ second <= $0 }) ?? true else { return false }
      return (measure == .cash ? event.cash.micros : event.shares.micros) >= least
    }
  }

  /// How far back the second version's feeds go when nobody says.
  private static let window: Int64 = 30 * 86_400

  // MARK: - Second version

  static func trades(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let span = try span(query, state)
    let wish = Wish(
      user: try user(query, state),
      markets: try query.markets(["condition_id", "condition"], events: ["event_id"], most: 20, state),
      side: try query.word("side", Side.self), takersOnly: try query.flag("taker_only", default: true),
      measure: try query.word("filter_type", DataMeasure.self) ?? .cash, least: try query.amount("filter_amount") ?? 0,
      start: span.start, end: span.end)
    return try DataPage.feed(query, state.chain, wish.passes) { DataText.trade($0, state, .second) }
  }

  static func activity(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let wallet = state.chain.byAddress[try query.neededUser()]
    let markets = try query.markets(["condition_id", "condition"], events: ["event_id"], most: 20, state)
    let kinds = try kinds(query)
    let side = try query.word("side", Side.self)
    let span = try span(query, state)
    let hidesDeposits = try query.flag("exclude_deposits_withdrawals", default: true)
    let ascending = try query.word("sort_direction", DataOrder.self) == .ascending
    return try DataPage.feed(query, state.chain, ascending: ascending) { event in
      let second = event.now.market.seconds
      return event.wallet == wallet && kinds?.contains(event.kind) ?? true && (side == nil || side == event.side)
        && markets?.contains(event.market ?? -1) ?? true && !(hidesDeposits && event.kind == .deposit)
        && second >= span.start && span.end.map { second <= $0 } ?? true
    } _: {
      DataText.activity($0, state, .second)
    }
  }

  private static func span(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> (start: Int64, end: Int64?) {
    let range: ClosedRange<Int64> = 1...253_402_300_799
    let end = try query.number("end", range)
    guard let start = try query.number("start", range) else {
      return (end == nil ? state.now.market.seconds - window : 1, end)
    }
    if let end, end < start { throw DataProblem("end is before start") }
    return (start, end)
  }

  /// `nil` for everybody, an inner `nil` for a wallet that nobody knows.
  private static func user(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Int?? {
    guard let user = try query.user() else { return .none }
    return .some(state.chain.byAddress[user])
  }

  private static func kinds(_ query: DataQuery) throws(DataProblem) -> Set<ChainEvent.Kind>? {
    let names = query.list("type").map { $0.uppercased() }
    if names.isEmpty { return nil }
    // Kinds that this venue does not have are asked for in vain, not wrongly.
    let others: Set = ["REWARD", "MIGRATION", "WITHDRAWAL", "YIELD", "TAKER_REBATE", "REFERRAL_REWARD", "TIP"]
    for name in names where ChainEvent.Kind(rawValue: name) == nil && !others.contains(name) {
      throw DataProblem("type: \(name) is no kind of activity")
    }
    return Set(names.compactMap(ChainEvent.Kind.init))
  }

  // MARK: - First version

  /// `limit` is cut at 1000 and `offset` at 3000, silently: whoever pages on sees the same rows again (V-12).
  static func firstTrades(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let wish = Wish(
      user: try user(query, state), markets: try query.markets(["market"], events: ["eventId"], most: 100, state),
      side: try query.word("side", Side.self), takersOnly: try query.flag("takerOnly", default: true),
      measure: try query.word("filterType", DataMeasure.self) ?? .cash, least: try query.amount("filterAmount") ?? 0)
    return try list(query, state, most: 1_000, offset: 3_000, wish.passes) { DataText.trade($0, state, .first) }
  }

  static func firstActivity(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    enum Sort: String, CaseIterable {
      case timestamp = "TIMESTAMP"
      case tokens = "TOKENS"
      case cash = "CASH"
    }
    let wallet = state.chain.byAddress[try query.neededUser()]
    let markets = try query.markets(["market"], events: ["eventId"], most: 100, state)
    let kinds = try kinds(query)
    let side = try query.word("side", Side.self)
    let start = try query.number("start", 0...253_402_300_799)
    let end = try query.number("end", 0...253_402_300_799)
    let ascending = try query.word("sortDirection", DataOrder.self) == .ascending
    let sort = try query.word("sortBy", Sort.self) ?? .timestamp
    var found = state.chain.events.filter { event in
      let second = event.now.market.seconds
      return event.wallet == wallet && kinds?.contains(event.kind) ?? true && (side == nil || side == event.side)
        && markets?.contains(event.market ?? -1) ?? true && start.map { second >= $0 } ?? true
        && end.map { second <= $0 } ?? true
    }
    switch sort {
    case .timestamp: break
    case .tokens: found.sort { $0.shares < $1.shares }
    case .cash: found.sort { $0.cash < $1.cash }
    }
    if !ascending { found.reverse() }
    let limit = try query.capped("limit", default: 100, most: 500)
    let offset = try query.capped("offset", default: 0, most: 10_000)
    return .ok(.list(found.dropFirst(offset).prefix(limit).map { DataText.activity($0, state, .first) }))
  }

  private static func list(
    _ query: DataQuery, _ state: VenueState, most: Int, offset mostOffset: Int, _ passes: (ChainEvent) -> Bool,
    _ show: (ChainEvent) -> WireValue
  ) throws(DataProblem) -> Answer {
    let limit = try query.capped("limit", default: 100, most: most)
    let offset = try query.capped("offset", default: 0, most: mostOffset)
    return .ok(.list(state.chain.events.reversed().lazy.filter(passes).dropFirst(offset).prefix(limit).map(show)))
  }
}
