import Shared

/// Every limit with its use and its room, and which of them stops or bounds each agent's next entry. Pure; the arithmetic is the risk gate's
/// own (`RiskLimits`, `FloorGuard`).
struct LimitSheet: Hashable {
  struct Agent: Hashable {
    let name: String
    let status: String
    let strategy: String
    /// What all agents of its strategy have at risk together.
    let strategyDeployed: USD
    /// Capital given, less what was lost or overdrawn.
    let allocation: USD
    /// Open buys at their worst plus positions at cost.
    let deployed: USD
    let positions: Int
    let lossesInARow: Int
    /// Are these losses older than the pause that they cost?
    let hasRested: Bool
    /// Intents of the last minute.
    let ordersLastMinute: Int64
    /// What the venue refused of its orders.
    var rejects = RejectBreaker.Finding()
    /// What all agents of its strategy were given, less their losses.
    var strategyAllocation = USD.zero
  }

  /// A market, a category or an event group in which something is at risk.
  struct Place: Hashable {
    let scope: LimitRule.Scope
    let name: String
    let open: USD
    /// As the record holds it.
    let cap: USD?
  }

  struct Line: Hashable {
    let scope: String
    let limit: String
    /// The code of the refusal that it leads to.
    let code: String
    let used: String
    let allowed: String
    let room: String
    /// `binds`, `full`, or what it has done to the floor.
    let verdict: String
  }

  /// What an agent may do next.
  enum Next: Hashable {
    case stopped(String)
    /// A buy's worst case may be so much, by that limit.
    case atMost(USD, code: String)
  }

  let limits: RiskLimits
  let mode: String
  let modeReason: String
  let floor: FloorStanding
  let allocated: USD
  let allocationCap: USD
  /// The record's own bound of one order.
  let orderCap: USD?
  let agents: [Agent]
  let places: [Place]
  /// Those of the agents, as far as something bounds what strategies lose.
  var strategies: [StrategyStanding] = []

  // MARK: What binds

  func next(_ agent: Agent) -> Next {
    if mode != FloorMode.active.rawValue { return .stopped("mode \(mode): \(modeReason)") }
    if let breach = FloorGuard(limits: limits).breach(floor) { return .stopped(breach.description) }
    if agent.status != "RUNNING" { return .stopped("the agent is \(agent.status)") }
    if let refusal = breaker(agent) { return .stopped(refusal.description) }
    if let most = limits.openPositions, agent.positions >= most {
      return .stopped("open_positions positions=\(agent.positions) limit=\(most), except for more of what it holds")
    }
    if agent.ordersLastMinute >= limits.agentOrdersPerMinute {
      return .stopped("rate_limit limit_per_minute=\(limits.agentOrdersPerMinute)")
    }
    let tightest = limits.tightest(agent: standing(agent), floor: floor)
    guard tightest.left > .zero else {
      return .stopped("\(tightest.code.rawValue) used_usd=\(tightest.used) limit_usd=\(tightest.limit)")
    }
    if let orderCap, orderCap < tightest.left { return .atMost(orderCap, code: "order_limit") }
    return .atMost(tightest.left, code: tightest.code.rawValue)
  }

  private func breaker(_ agent: Agent) -> Refusal? {
    streak(agent) ?? agent.rejects.trip.map { limits.rejects.refusal(agent.name, $0) }
      ?? strategies.first { $0.name == agent.strategy }.flatMap(
        StrategyGuard(limits: limits, capital: floor.capital).breach)
  }

  private func streak(_ agent: Agent) -> Refusal? { agent.hasRested ? nil : limits.streak(agent.lossesInARow) }

  private func standing(_ agent: Agent) -> AgentStanding {
    AgentStanding(
      name: agent.name, strategy: agent.strategy, mayEnter: agent.status == "RUNNING", allocation: agent.allocation,
      deployed: agent.deployed,
      lossesInARow: agent.hasRested ? 0 : agent.lossesInARow,
      // Where the limit is none the gate does not add up for it.
      strategyDeployed: limits.limitsStrategies ? agent.strategyDeployed : .zero,
      strategyAllocation: agent.strategyAllocation)
  }

  /// The code of the limit on capital that bounds this agent's next buy.
  private func binding(_ agent: Agent) -> String? {
    if case .atMost(_, let code) = next(agent) { return code }
    let tightest = limits.tightest(agent: standing(agent), floor: floor)
    return tightest.left <= .zero ? tightest.code.rawValue : nil
  }

  // MARK: Lines

  /// The floor's limits, the agents' and the markets', in this order.
  var lines: [Line] {
    let bindings = Set(agents.compactMap(binding))
    var lines = [
      capital(
        "one order", "worst case", .perTrade, nil, keyed(.order),
        binds: bindings.contains("per_trade_limit"))
    ]
    if let orderCap {
      lines.append(
        Line(
          scope: "one order", limit: "worst case, by the record", code: "order_limit", used: "-",
          allowed: text(orderCap),
          room: text(orderCap), verdict: bindings.contains("order_limit") ? "binds" : ""))
    }
    lines.append(
      capital(
        "floor", "exposure of all agents", .floorExposure, floor.deployed, keyed(.floor),
        binds: bindings.contains("floor_exposure_limit")))
    lines.append(contentsOf: losses)
    lines.append(
      Line(
        scope: "floor", limit: "capital given to agents", code: "", used: text(allocated), allowed: text(allocationCap),
        room: text(allocationCap - allocated), verdict: allocated >= allocationCap ? "full" : ""))
    for agent in agents {
      let binding = binding(agent)
      lines.append(
        capital(
          agent.name, "exposure against its allocation", .allocation, agent.deployed, agent.allocation,
          binds: binding == "allocation"))
      lines.append(
        capital(
          agent.name, "exposure", .perAgent, agent.deployed, keyed(.agent),
          binds: binding == "per_agent_limit"))
      lines.append(
        capital(
          agent.name, "exposure of all \(agent.strategy) agents", .perStrategy, agent.strategyDeployed,
          keyed(.strategy), binds: binding == "per_strategy_limit"))
      lines.append(contentsOf: counts(agent))
    }
    lines.append(contentsOf: strategies.flatMap(losses))
    for place in places where place.scope == .market {
      guard let cap = [place.cap, limits.perMarketUSD].compactMap({ $0 }).min() else { continue }
      lines.append(
        capital(place.name, "exposure of all agents in it", .marketCap, place.open, cap, binds: false))
    }
    return lines + limits.rules.flatMap(ruled)
  }

  /// What a limit of the keys comes to; the rules of the configuration have lines of their own.
  private func keyed(_ scope: LimitRule.Scope) -> USD {
    limits.capitalRules.first { $0.scope == scope }.map { $0.limit(of: floor.capital) } ?? .zero
  }

  private func capital(
    _ scope: String, _ name: String, _ code: RefusalCode, _ used: USD?, _ limit: USD, binds: Bool
  ) -> Line {
    let room = limit - (used ?? .zero)
    return Line(
      scope: scope, limit: name, code: code.rawValue, used: used.map(text) ?? "-", allowed: text(limit),
      room: text(room), verdict: room <= .zero ? "full" : binds ? "binds" : "")
  }

  /// One line for each of the scope that the rule is for; where nothing is at risk in any, one that says so.
  private func ruled(_ rule: LimitRule) -> [Line] {
    func limit(_ name: String) -> USD {
      let agent = agents.first { rule.scope == .strategy ? $0.strategy == name : $0.name == name }
      let allocation = rule.scope == .strategy ? agent?.strategyAllocation : agent?.allocation
      return rule.limit(of: floor.base(rule.base, allocation: allocation ?? .zero))
    }
    let uses: [ScopeUse]
    switch rule.scope {
    case .order where rule.base == .allocation:
      return agents.map {
        capital("one order of \($0.name)", rule.text, rule.scope.code, nil, limit($0.name), binds: false)
      }
    case .order: return [capital("one order", rule.text, rule.scope.code, nil, limit(""), binds: false)]
    case .floor: uses = [ScopeUse(.floor, used: floor.deployed)]
    case .agent: uses = agents.map { ScopeUse(.agent, $0.name, used: $0.deployed) }
    case .strategy:
      uses = Set(agents.map { ScopeUse(.strategy, $0.strategy, used: $0.strategyDeployed) }).sorted {
        $0.name < $1.name
      }
    case .category, .market, .eventGroup:
      uses = places.filter { $0.scope == rule.scope }.map { ScopeUse($0.scope, $0.name, used: $0.open) }
    }
    let covered = uses.filter(rule.covers)
    if covered.isEmpty {
      let which = rule.name ?? "each \(rule.scope.rawValue)"
      return [capital(which, rule.text, rule.scope.code, .zero, limit(rule.name ?? ""), binds: false)]
    }
    return covered.map {
      capital(
        $0.name.isEmpty ? rule.scope.rawValue : $0.name, rule.text, rule.scope.code, $0.used, limit($0.name),
        binds: false)
    }
  }

  private var losses: [Line] {
    let breach = FloorGuard(limits: limits).breach(floor)?.code
    let loss = max(.zero, -floor.realisedToday)
    let lossLimit = limits.dailyLossRule.limit(of: floor.capital)
    let fall = max(.zero, floor.peakEquity - floor.equity)
    let fallLimit = limits.drawdownRule.limit(of: floor.peakEquity)
    return [
      Line(
        scope: "floor", limit: "realised loss today", code: RefusalCode.dailyLoss.rawValue, used: text(loss),
        allowed: text(lossLimit), room: text(lossLimit - loss), verdict: breach == .dailyLoss ? "REDUCE_ONLY" : ""),
      Line(
        scope: "floor", limit: "fall of equity from today's peak", code: RefusalCode.drawdown.rawValue,
        used: text(fall),
        allowed: text(fallLimit), room: text(fallLimit - fall), verdict: breach == .drawdown ? "HALTED" : ""),
    ]
  }

  /// Of one strategy, those that there are.
  private func losses(_ strategy: StrategyStanding) -> [Line] {
    let breach = StrategyGuard(limits: limits, capital: floor.capital).breach(strategy)?.code
    func dollars(_ name: String, _ code: RefusalCode, _ used: USD, _ rule: LimitRule?) -> Line? {
      rule.map { $0.limit(of: floor.capital) }.map { limit in
        Line(
          scope: strategy.name, limit: name, code: code.rawValue, used: text(max(.zero, used)), allowed: text(limit),
          room: text(limit - max(.zero, used)), verdict: breach == code ? "no entries" : "")
      }
    }
    let streak = limits.strategyLossStreak.map { most in
      Line(
        scope: strategy.name, limit: "losses in a row, all agents", code: RefusalCode.strategyLossStreak.rawValue,
        used: String(strategy.lossesInARow), allowed: String(most),
        room: String(max(0, most - strategy.lossesInARow)), verdict: breach == .strategyLossStreak ? "no entries" : "")
    }
    return [
      dollars(
        "realised loss today, all agents", .strategyDailyLoss, -strategy.realisedToday, limits.strategyDailyLossRule),
      dollars(
        "fall of the result from today's peak, all agents", .strategyDrawdown, strategy.peak - strategy.result,
        limits.strategyDrawdownRule), streak,
    ].compactMap { $0 }
  }

  private func counts(_ agent: Agent) -> [Line] {
    func line(_ name: String, _ code: RefusalCode, _ used: Int64, _ limit: Int64, isFull: Bool) -> Line {
      Line(
        scope: agent.name, limit: name, code: code.rawValue, used: String(used), allowed: String(limit),
        room: String(max(0, limit - used)), verdict: isFull ? "full" : "")
    }
    var lines = [
      line(
        "losses in a row", .lossStreak, agent.hasRested ? 0 : Int64(agent.lossesInARow), Int64(limits.lossStreak),
        isFull: streak(agent) != nil),
      Line(
        scope: agent.name,
        limit: "orders refused by the venue within \(limits.rejects.window.components.seconds) s",
        code: RefusalCode.venueRejects.rawValue, used: String(agent.rejects.counted),
        allowed: String(limits.rejects.count), room: String(max(0, limits.rejects.count - agent.rejects.counted)),
        verdict: agent.rejects.trip.map { "until \($0.until)" } ?? ""),
      line(
        "orders in a minute", .rateLimit, agent.ordersLastMinute, limits.agentOrdersPerMinute,
        isFull: agent.ordersLastMinute >= limits.agentOrdersPerMinute),
    ]
    if let most = limits.openPositions {
      lines.insert(
        line("positions", .openPositions, Int64(agent.positions), Int64(most), isFull: agent.positions >= most), at: 1)
    }
    return lines
  }

  private func text(_ amount: USD) -> String { Decimal6.text(amount.micros, minimumDecimals: 2) }
}
