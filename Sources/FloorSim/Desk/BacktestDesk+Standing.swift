import Shared

/// How the floor stands, as the gateway reads it from the record: what agents have at risk, what the day brought, what all is worth.
extension BacktestDesk {
  mutating func refreshStanding(_ now: MarketTime, _ news: inout News) {
    var events: [GatewayEvent] = []
    standing(now, &events, &news)
    for event in events { feed(event, now, &news) }
  }

  mutating func standing(_ now: MarketTime, _ events: inout [GatewayEvent], _ news: inout News) {
    let day = now.seconds / 86_400
    let worth = record.cash + record.holdings.keys.reduce(USD.zero) { $0 + value($1) }
    equity.note(worth, at: now)
    let isNewDay = day != peak.day
    peak = (day, isNewDay ? worth : max(peak.equity, worth))
    if isNewDay { dayEquity = worth }
    var agents: [AgentName: Standing.Agent] = [:]
    for (name, account) in record.accounts {
      let isRested = account.lastTradeAt.map { now.since($0) >= settings.streakPause } ?? true
      agents[name] = Standing.Agent(
        mayEnter: true, allocation: max(.zero, account.allocation + min(.zero, account.realised)),
        invested: account.invested, lossesInARow: isRested ? 0 : account.lossesInARow,
        strategy: strategies[name] ?? "")
    }
    for place in record.holdings.keys {
      agents[place.agent]?.held.insert(Standing.Holding(place.market, place.outcome))
    }
    events.append(.standingAsked)
    events.append(
      .standing(
        Standing(
          agents: agents,
          stakes: record.holdings.map { place, held in
            Standing.Stake(
              place.market, markets[place.market]?.groups ?? MarketGroups(place.market), cost: held.cost + held.fees)
          }, strategies: strategyStandings(now, day), capital: settings.capital,
          realisedToday: record.realised(on: day), equity: worth,
          peakEquity: peak.equity, dayEquity: dayEquity)))
    // A day's loss ends with the day, or with a gain; a halt is a person's to lift, and nobody is there.
    let standing = FloorStanding(
      capital: settings.capital, deployed: .zero, realisedToday: record.realised(on: day), equity: worth,
      peakEquity: peak.equity)
    if mode == .reduceOnly, FloorGuard(limits: settings.limits).breach(standing) == nil {
      change(.active, "the day's loss is within its limit", now, &events, &news)
    }
  }

  /// How all agents of each strategy stand together, where something is held against strategies.
  private mutating func strategyStandings(_ now: MarketTime, _ day: Int64) -> [String: StrategyStanding] {
    guard settings.limits.breaksStrategies else { return [:] }
    let guards = StrategyGuard(limits: settings.limits, capital: settings.capital)
    var standings: [String: StrategyStanding] = [:]
    for name in Set(strategies.values) {
      let agents = Set(strategies.filter { $0.value == name }.keys)
      let trips = record.trips.lazy.reversed().filter { agents.contains($0.agent) }
      let losses = trips.prefix { $0.pnl < .zero }
      let isRested = losses.first.map { now.since($0.closedAt) >= settings.streakPause } ?? true
      let realised = record.accounts.reduce(USD.zero) { sum, account in
        agents.contains(account.key) && account.value.today.day == day ? sum + account.value.today.realised : sum
      }
      let held = record.holdings.reduce(USD.zero) { sum, held in
        agents.contains(held.key.agent) ? sum + value(held.key) - held.value.cost - held.value.fees : sum
      }
      let known = strategyPeaks[name].flatMap { $0.day == day ? $0 : nil }
      var standing = StrategyStanding(
        name: name, lossesInARow: isRested ? 0 : losses.reduce(0) { count, _ in count + 1 }, realisedToday: realised,
        result: realised + held, peak: known?.peak ?? realised + held, hasFallen: known?.hasFallen ?? false)
      standing.hasFallen = standing.hasFallen || guards.falls(standing)
      strategyPeaks[name] = (day, standing.peak, standing.hasFallen)
      standings[name] = standing
    }
    return standings
  }

  /// What a position would bring now: the best bid, else what it cost.
  private func value(_ place: MemoryRecord.Place) -> USD {
    guard let holding = record.holdings[place] else { return .zero }
    guard let update = views[place.market], update.state == .live || update.state == .stale,
      let bid = update.top(place.outcome).bestBid?.price,
      let value = try? USD(bid, times: holding.shares, rounding: .down)
    else { return holding.cost + holding.fees }
    return value
  }

  mutating func change(
    _ mode: FloorMode, _ reason: String, _ now: MarketTime, _ events: inout [GatewayEvent], _ news: inout News
  ) {
    guard mode != self.mode else { return }
    self.mode = mode
    modes.append((now, mode, reason))
    news.mode = mode
    events.append(.mode(mode))
  }
}
