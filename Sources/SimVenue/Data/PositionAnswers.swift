import Shared

/// Positions, closed positions and what they are worth, in both versions.
enum PositionAnswers {
  // MARK: - Second version

  private enum Sort: String, CaseIterable {
    case value = "CURRENT_VALUE"
    case price = "PRICE"
    case tokens = "TOKENS"
    case unrealized = "UNREALIZED_PNL"
    case realized = "REALIZED_PNL"
    case total = "TOTAL_PNL"
    case time = "TIMESTAMP"

    func key(_ row: HeldPosition) -> Int64 {
      switch self {
      case .value: row.value.micros
      case .price: row.price
      case .tokens: row.position.shares.micros
      case .unrealized: row.unrealized.micros
      case .realized: row.position.realized.micros
      case .total: row.total.micros
      case .time: row.position.lastAt
      }
    }
  }

  static func positions(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.user()
    let markets = try query.markets(["condition_id", "condition"], events: ["event_id"], most: 20, state)
    let conditions = Set(query.list("condition_id") + query.list("condition"))
    guard user != nil || conditions.count == 1 else { throw DataProblem("provide user or exactly one condition_id") }
    let status = try query.word("status", HeldPosition.Status.self)
    if let status, user == nil, status == .redeemableLost || status == .mergeable {
      throw DataProblem("\(status.rawValue) requires user")
    }
    let title = query.text("title")?.lowercased()
    guard title.map({ $0.count <= 200 }) ?? true else { throw DataProblem("title has at most 200 characters") }
    let measure = try query.word("filter_type", DataMeasure.self) ?? .tokens
    let least = try query.amount("filter_amount") ?? 0
    let start = try query.number("start", 1...253_402_300_799)
    let end = try query.number("end", 1...253_402_300_799)
    let sort = try query.word("sort_by", Sort.self) ?? .value
    let ascending = try query.word("sort_direction", DataOrder.self) == .ascending
    var rows: [HeldPosition] = []
    for wallet in state.chain.wallets where user == nil || user == wallet.address {
      rows += HeldPosition.all(wallet, state)
    }
    rows = rows.filter { row in
      let last = row.position.lastAt
      return (status.map { row.passes($0) } ?? row.isOpen) && markets?.contains(row.market) ?? true
        && title.map { state.spec(row.market).question.lowercased().contains($0) } ?? true
        && (measure == .cash ? row.value.micros : row.position.shares.micros) >= least
        && start.map { last >= $0 } ?? true && end.map { last <= $0 } ?? true
    }
    return try DataPage.answer(query, sorted(rows, ascending: ascending, sort.key).map { row($0, state) })
  }

  static func value(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.neededUser()
    let markets = try query.markets(["condition_id", "condition"], events: [], most: 20, state)
    return DataPage.single(
      .object(
        ("proxy_wallet", .text(user)), ("value", DataText.number(value(of: user, markets, state).micros))))
  }

  private static func row(_ row: HeldPosition, _ state: VenueState) -> WireValue {
    let spec = state.spec(row.market)
    let position = row.position
    return .pairs(
      [
        ("proxy_wallet", .text(row.wallet.address)), ("token_id", .text(spec.tokens[row.outcome.index])),
        ("condition_id", .text(DataText.condition(spec))),
        ("current_size", DataText.number(max(position.shares, .zero).micros)),
        ("avg_price", DataText.number(position.averagePrice.micros)),
        ("entry_cost_usdc", DataText.number(position.cost.micros)),
        ("entry_fees_usdc", DataText.number(position.fees.micros)),
        ("total_cost_usdc", DataText.number((position.cost + position.fees).micros)),
        ("current_price", DataText.number(row.price)), ("current_value", DataText.number(row.value.micros)),
        ("total_size", DataText.number(position.acquired.micros)),
        ("realized_pnl", DataText.number(position.realized.micros)),
        ("unrealized_pnl", DataText.number(row.unrealized.micros)), ("total_pnl", DataText.number(row.total.micros)),
        ("percent_pnl", DataText.number(HeldPosition.percent(row.unrealized, of: position.cost))),
        ("percent_realized_pnl", DataText.number(HeldPosition.percent(position.realized, of: position.spent))),
        ("status", .text(row.status.rawValue)), ("redeemable", .flag(row.isRedeemable)),
        ("mergeable", .flag(row.isMergeable)), ("negative_risk", .flag(spec.exchange == .negativeRisk)),
        ("archived", .flag(false)), ("verified", .flag(false)), ("event_slug", .text(spec.eventSlug)),
        ("outcome", .text(spec.labels[row.outcome.index])),
        ("opposite_outcome", .text(spec.labels[row.outcome.other.index])), ("name", .text(row.wallet.name)),
        ("profile_image", ""), ("event_id", .text(String(spec.eventNumber))),
        ("outcome_index", .integer(Int64(row.outcome.index))),
        ("opposite_token_id", .text(spec.tokens[row.outcome.other.index])), ("end_date", .text(date(spec))),
        ("last_event_at", .integer(position.lastAt)), ("first_entry_at", .integer(position.firstAt)),
      ] + DataText.market(spec))
  }

  // MARK: - First version

  private enum FirstSort: String, CaseIterable {
    case tokens = "TOKENS"
    case current = "CURRENT"
    case initial = "INITIAL"
    case cashPnl = "CASHPNL"
    case percentPnl = "PERCENTPNL"
    case title = "TITLE"
    case resolving = "RESOLVING"
    case price = "PRICE"
    case avgPrice = "AVGPRICE"

    func key(_ row: HeldPosition, _ state: VenueState) -> Int64 {
      switch self {
      case .tokens: row.position.shares.micros
      case .current: row.value.micros
      case .initial: row.position.cost.micros
      case .cashPnl: row.unrealized.micros
      case .percentPnl: HeldPosition.percent(row.unrealized, of: row.position.cost)
      case .price: row.price
      case .avgPrice: row.position.averagePrice.micros
      case .title, .resolving: state.spec(row.market).end.seconds
      }
    }
  }

  /// Positions of less than one share do not show unless asked for with `sizeThreshold`.
  static func firstPositions(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.neededUser()
    let markets = try query.markets(["market"], events: ["eventId"], most: 100, state)
    let threshold = try query.amount("sizeThreshold") ?? 1_000_000
    let redeemable = try query.flag("redeemable", default: false)
    let mergeable = try query.flag("mergeable", default: false)
    let title = query.text("title")?.lowercased()
    let sort = try query.word("sortBy", FirstSort.self) ?? .tokens
    let ascending = try query.word("sortDirection", DataOrder.self) == .ascending
    let rows = rows(user, state).filter { row in
      row.isOpen && row.position.shares.micros >= threshold && (!redeemable || row.isRedeemable)
        && (!mergeable || row.isMergeable) && markets?.contains(row.market) ?? true
        && title.map { state.spec(row.market).question.lowercased().contains($0) } ?? true
    }
    let limit = try query.capped("limit", default: 100, most: 500)
    let offset = try query.capped("offset", default: 0, most: 10_000)
    return .ok(
      .list(
        sorted(rows, ascending: ascending) { sort.key($0, state) }.dropFirst(offset).prefix(limit).map {
          firstRow($0, state, isClosed: false)
        }))
  }

  static func firstClosed(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    enum Sort: String, CaseIterable {
      case realized = "REALIZEDPNL"
      case price = "PRICE"
      case avgPrice = "AVGPRICE"
      case timestamp = "TIMESTAMP"
      case title = "TITLE"
    }
    let user = try query.neededUser()
    let markets = try query.markets(["market"], events: ["eventId"], most: 100, state)
    let title = query.text("title")?.lowercased()
    let sort = try query.word("sortBy", Sort.self) ?? .realized
    let ascending = try query.word("sortDirection", DataOrder.self) == .ascending
    let rows = rows(user, state).filter { row in
      !row.isOpen && markets?.contains(row.market) ?? true
        && title.map { state.spec(row.market).question.lowercased().contains($0) } ?? true
    }
    let limit = try query.capped("limit", default: 10, most: 50)
    let offset = try query.capped("offset", default: 0, most: 10_000)
    let inOrder = sorted(rows, ascending: ascending) { row in
      switch sort {
      case .realized: row.position.realized.micros
      case .price: row.price
      case .avgPrice: row.position.averagePrice.micros
      case .timestamp: row.position.lastAt
      case .title: state.spec(row.market).end.seconds
      }
    }
    return .ok(.list(inOrder.dropFirst(offset).prefix(limit).map { firstRow($0, state, isClosed: true) }))
  }

  static func firstValue(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.neededUser()
    let markets = try query.markets(["market"], events: [], most: 100, state)
    return .ok(
      .list([.object(("user", .text(user)), ("value", DataText.number(value(of: user, markets, state).micros)))]))
  }

  private static func firstRow(_ row: HeldPosition, _ state: VenueState, isClosed: Bool) -> WireValue {
    let spec = state.spec(row.market)
    let position = row.position
    var fields: [(String, WireValue)] = [
      ("proxyWallet", .text(row.wallet.address)), ("asset", .text(spec.tokens[row.outcome.index])),
      ("conditionId", .text(DataText.condition(spec))),
      ("avgPrice", DataText.number(position.averagePrice.micros)),
      ("totalBought", DataText.number(position.acquired.micros)),
      ("realizedPnl", DataText.number(position.realized.micros)), ("curPrice", DataText.number(row.price)),
      ("eventSlug", .text(spec.eventSlug)), ("outcome", .text(spec.labels[row.outcome.index])),
      ("outcomeIndex", .integer(Int64(row.outcome.index))),
      ("oppositeOutcome", .text(spec.labels[row.outcome.other.index])),
      ("oppositeAsset", .text(spec.tokens[row.outcome.other.index])), ("endDate", .text(date(spec))),
    ]
    if isClosed {
      fields.append(("timestamp", .integer(position.lastAt)))
    } else {
      fields += [
        ("size", DataText.number(position.shares.micros)), ("initialValue", DataText.number(position.cost.micros)),
        ("currentValue", DataText.number(row.value.micros)), ("cashPnl", DataText.number(row.unrealized.micros)),
        ("percentPnl", DataText.number(HeldPosition.percent(row.unrealized, of: position.cost))),
        ("percentRealizedPnl", DataText.number(HeldPosition.percent(position.realized, of: position.spent))),
        ("redeemable", .flag(row.isRedeemable)), ("mergeable", .flag(row.isMergeable)),
        ("eventId", .text(String(spec.eventNumber))), ("negativeRisk", .flag(spec.exchange == .negativeRisk)),
      ]
    }
    return .pairs(fields + DataText.market(spec))
  }

  // MARK: - Both

  private static func rows(_ user: String, _ state: VenueState) -> [HeldPosition] {
    state.chain.wallet(user).map { HeldPosition.all($0, state) } ?? []
  }

  private static func value(of user: String, _ markets: Set<Int>?, _ state: VenueState) -> USD {
    rows(user, state).filter { markets?.contains($0.market) ?? true }.reduce(.zero) { $0 + $1.value }
  }

  /// By a key, among equals the one of the later market first.
  private static func sorted(
    _ rows: [HeldPosition], ascending: Bool, _ key: (HeldPosition) -> Int64
  ) -> [HeldPosition] {
    let keyed = rows.map { (key($0), $0.market, $0.outcome.index, $0) }
    let sorted = keyed.sorted { ($0.0, $0.1, $0.2) < ($1.0, $1.1, $1.2) }.map(\.3)
    return ascending ? sorted : sorted.reversed()
  }

  private static func date(_ spec: MarketSpec) -> String {
    String(CivilTime.iso8601(nanoseconds: spec.end.nanoseconds).prefix(10))
  }
}
