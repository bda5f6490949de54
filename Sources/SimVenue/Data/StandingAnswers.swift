import Shared

/// How wallets stand: leaderboards, the biggest winners, statistics and profit of one wallet.
enum StandingAnswers {
  /// What a wallet did in a time.
  private struct Standing {
    var wallet: Int
    var profit = USD.zero
    var shares = Shares.zero
    var cash = USD.zero
    var trades = 0
  }

  private enum Sort: String, CaseIterable {
    case profit = "PNL"
    case volume = "VOLUME"
  }

  private static let periods: [String: Int64] = ["DAY": 86_400, "WEEK": 604_800, "MONTH": 2_592_000, "ALL": .max / 2]

  /// Wallets with at least one event in the last `seconds`. What is not sold yet counts at today's price when the time is all there is.
  private static func standings(_ seconds: Int64, _ state: VenueState) -> [Standing] {
    let from = state.now.market.seconds - min(seconds, state.now.market.seconds)
    var found = state.chain.wallets.indices.map { Standing(wallet: $0) }
    for event in state.chain.events where event.now.market.seconds >= from {
      found[event.wallet].profit += event.realized
      guard event.kind == .trade else { continue }
      found[event.wallet].shares += event.shares
      found[event.wallet].cash += event.cash
      found[event.wallet].trades += 1
    }
    for index in found.indices {
      for row in HeldPosition.all(state.chain.wallets[index], state) { found[index].profit += row.unrealized }
    }
    return found.filter { $0.trades > 0 || $0.profit != .zero }
  }

  private static func sorted(_ standings: [Standing], _ sort: Sort) -> [Standing] {
    standings.sorted { a, b in
      let (x, y) = sort == .profit ? (a.profit.micros, b.profit.micros) : (a.shares.micros, b.shares.micros)
      return x == y ? a.wallet < b.wallet : x > y
    }
  }

  private static func period(_ query: DataQuery, _ name: String) throws(DataProblem) -> Int64 {
    let word = query.text(name)?.uppercased() ?? "DAY"
    guard let seconds = periods[word] else { throw DataProblem("\(name) is one of day, week, month, all") }
    return seconds
  }

  /// Markets have no categories here but crypto and the rest; a category that nobody traded in has nobody in it.
  private static func isEmpty(_ query: DataQuery) -> Bool {
    query.text("category").map { !["OVERALL", "ALL"].contains($0.uppercased()) } ?? false
  }

  static func leaderboard(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let seconds = try period(query, "time_period")
    let sort = try query.word("sort_by", Sort.self) ?? .profit
    let standings = isEmpty(query) ? [] : standings(seconds, state)
    guard let user = try query.user() else {
      let ranked = sorted(standings, sort).enumerated()
      return try DataPage.answer(
        query, ranked.map { .pairs([("rank", .integer(Int64($0 + 1)))] + row($1, state)) })
    }
    guard let wallet = state.chain.byAddress[user], let own = standings.first(where: { $0.wallet == wallet }) else {
      return DataPage.single(.null)
    }
    func rank(_ sort: Sort) -> WireValue {
      .integer(Int64((sorted(standings, sort).firstIndex { $0.wallet == wallet } ?? -1) + 1))
    }
    return DataPage.single(
      .pairs(row(own, state) + [("rank_pnl", rank(.profit)), ("rank_volume", rank(.volume))]))
  }

  private static func row(_ standing: Standing, _ state: VenueState) -> [(String, WireValue)] {
    let wallet = state.chain.wallets[standing.wallet]
    return [
      ("user_id", .text(wallet.address)), ("pnl", DataText.number(standing.profit.micros)),
      ("volume", DataText.number(standing.shares.micros)), ("user_name", .text(wallet.name)), ("profile_image", ""),
      ("x_username", ""), ("verified", .flag(false)),
    ]
  }

  static func firstLeaderboard(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let seconds = try period(query, "timePeriod")
    let isByVolume = query.text("orderBy")?.uppercased() == "VOL"
    let user = try query.user()
    let name = query.text("userName")?.lowercased()
    let limit = try query.capped("limit", default: 25, most: 50)
    let offset = try query.capped("offset", default: 0, most: 1_000)
    let ranked = sorted(isEmpty(query) ? [] : standings(seconds, state), isByVolume ? .volume : .profit).enumerated()
      .filter {
        let wallet = state.chain.wallets[$0.element.wallet]
        return user.map { $0 == wallet.address } ?? true && name.map { $0 == wallet.name.lowercased() } ?? true
      }
    return .ok(
      .list(
        ranked.dropFirst(offset).prefix(limit).map { rank, standing in
          let wallet = state.chain.wallets[standing.wallet]
          return .object(
            ("rank", .text(String(rank + 1))), ("proxyWallet", .text(wallet.address)), ("userName", .text(wallet.name)),
            ("vol", DataText.number(standing.cash.micros)), ("pnl", DataText.number(standing.profit.micros)),
            ("profileImage", ""), ("xUsername", ""), ("verifiedBadge", .flag(false)))
        }))
  }

  /// Positions of markets that are over, by what they won.
  static func biggestWinners(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let seconds = try period(query, "time_period")
    let from = state.now.market.seconds - min(seconds, state.now.market.seconds)
    var rows: [(row: HeldPosition, at: MarketTime)] = []
    for wallet in state.chain.wallets where !isEmpty(query) {
      for row in HeldPosition.all(wallet, state) where row.total > .zero {
        guard let (_, at) = GammaMarket.resolution(row.market, state), at.seconds >= from else { continue }
        rows.append((row, at))
      }
    }
    rows.sort { ($1.row.total.micros, $0.row.market) < ($0.row.total.micros, $1.row.market) }
    return try DataPage.answer(
      query,
      rows.enumerated().map { place, winner in
        let (row, at) = winner
        let spec = state.spec(row.market)
        return .object(
          ("win_rank", .integer(Int64(place + 1))), ("kind", "market"), ("user_id", .text(row.wallet.address)),
          ("pnl", DataText.number(row.total.micros)), ("initial_value", DataText.number(row.position.spent.micros)),
          ("final_value", DataText.number((row.position.spent + row.total).micros)),
          ("resolved_at", .integer(at.seconds)), ("user_name", .text(row.wallet.name)), ("profile_image", ""),
          ("event_title", .text(spec.eventTitle)), ("condition_id", .text(DataText.condition(spec))),
          ("position_id", .text(spec.tokens[row.outcome.index])), ("event_id", .text(String(spec.eventNumber))),
          ("event_slug", .text(spec.eventSlug)))
      })
  }

  // MARK: - One wallet

  static func statistics(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.neededUser()
    guard let wallet = state.chain.wallet(user) else { return DataPage.single(.null) }
    let best = HeldPosition.all(wallet, state).map(\.total.micros).max() ?? 0
    return DataPage.single(
      .object(
        ("proxy_wallet", .text(user)), ("trades", .integer(Int64(traded(wallet)))),
        ("biggest_win", DataText.number(max(best, 0))), ("views", .integer(0)),
        ("join_date", .integer(wallet.joined ?? 0)), ("all_time_pnl", .null)))
  }

  static func firstTraded(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.neededUser()
    return .ok(
      .object(("user", .text(user)), ("traded", .integer(Int64(state.chain.wallet(user).map(traded) ?? 0)))))
  }

  /// Markets that a wallet was in.
  private static func traded(_ wallet: ChainWallet) -> Int {
    Set(wallet.positions.keys.map { ChainWallet.place($0).market }).count
  }

  static func volume(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let wallet = state.chain.byAddress[try query.neededUser()]
    let start = try query.number("start", 1...253_402_300_799) ?? 1
    let end = try query.number("end", 1...253_402_300_799) ?? .max
    var standing = Standing(wallet: 0)
    for event in state.chain.events
    where event.wallet == wallet && event.kind == .trade && (start...max(start, end)).contains(event.now.market.seconds)
    {
      standing.shares += event.shares
      standing.cash += event.cash
      standing.trades += 1
    }
    return DataPage.single(
      .object(
        ("volume", DataText.number(standing.shares.micros)), ("volume_usdc", DataText.number(standing.cash.micros)),
        ("trade_count", .integer(Int64(standing.trades)))))
  }

  private static let steps: [String: Int64] = ["1d": 86_400, "18h": 64_800, "12h": 43_200, "3h": 10_800, "1h": 3_600]
  private static let spans: [String: Int64] = [
    "max": .max / 2, "all": .max / 2, "1m": 2_592_000, "1w": 604_800, "1d": 86_400, "12h": 43_200, "6h": 21_600,
  ]

  /// Profit made certain, step by step; a step without an event has no point.
  static func profit(_ query: DataQuery, _ state: VenueState) throws(DataProblem) -> Answer {
    let user = try query.neededUser()
    let interval = query.text("interval") ?? "1w"
    let fidelity = query.text("fidelity") ?? "1h"
    guard let span = spans[interval], let step = steps[fidelity] else {
      throw DataProblem("interval is one of max, all, 1m, 1w, 1d, 12h, 6h; fidelity one of 1d, 18h, 12h, 3h, 1h")
    }
    let wallet = state.chain.byAddress[user]
    let from = state.now.market.seconds - min(span, state.now.market.seconds)
    var sum = Standing(wallet: 0)
    var points: [WireValue] = []
    var open: Int64?
    func close() {
      guard let open else { return }
      points.append(
        .object(
          ("timestamp", .integer((open + 1) * step)), ("source_block", .integer(open)),
          ("trade_count", .integer(Int64(sum.trades))), ("realized_market_pnl", DataText.number(sum.profit.micros)),
          ("realized_lp_pnl", .integer(0)), ("realized_combo_pnl", .integer(0)),
          ("realized_pnl", DataText.number(sum.profit.micros)), ("volume", DataText.number(sum.shares.micros)),
          ("volume_usdc", DataText.number(sum.cash.micros))))
    }
    for event in state.chain.events where event.wallet == wallet {
      let place = event.now.market.seconds / step
      if place != open, event.now.market.seconds >= from {
        close()
        open = place
      }
      sum.profit += event.realized
      guard event.kind == .trade else { continue }
      sum.shares += event.shares
      sum.cash += event.cash
      sum.trades += 1
    }
    close()
    return DataPage.single(
      .object(
        ("proxy_wallet", .text(user)), ("interval", .text(interval)), ("fidelity", .text(fidelity)),
        ("source_fidelity", .text(fidelity)), ("points", .list(points))))
  }
}
