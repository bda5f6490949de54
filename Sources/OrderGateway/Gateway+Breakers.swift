import FloorIOData
import Shared

/// What the record says of single agents and strategies that may not enter for a while. Nothing of it is kept here: a gateway that starts
/// reads the same.
extension Gateway {
  /// A streak pauses for a while of market time; after it one more loss pauses again.
  func hasRested(since last: JSON?) -> Bool {
    guard let last = last?.string.flatMap({ CivilTime.nanoseconds(parsing: $0) }) else { return false }
    return moment().market.since(MarketTime(nanoseconds: last)) >= config.streakPause
  }

  /// The pause that an agent is in because of these refusals.
  func rejects(_ times: JSON?) throws -> RejectBreaker.Trip? {
    guard let times = times?.array else { throw DatabaseError(.shape, "the venue's refusals do not read") }
    if times.count < config.limits.rejects.count { return nil }
    let refusals = try times.map { item throws -> MarketTime in
      guard let time = item.string.flatMap({ CivilTime.nanoseconds(parsing: $0) }) else {
        throw DatabaseError(.shape, "the time of a refusal does not read")
      }
      return MarketTime(nanoseconds: time)
    }
    return config.limits.rejects.look(at: refusals, moment().market).trip
  }

  /// How each strategy stands, with what is held at its worth now. A higher peak, and a fall by the limit, are written down at once: they
  /// are the only things that the record cannot compute.
  /// - Parameter positions: those of `self`, of the same reading.
  func strategies(
    _ row: Rows.Row, of agents: [AgentName: Standing.Agent], capital: USD
  ) throws -> [String: StrategyStanding] {
    var held: [String: USD] = [:]
    for position in positions {
      if let strategy = agents[position.agent]?.strategy {
        held[strategy, default: .zero] += worth(position) - position.cost
      }
    }
    let guards = StrategyGuard(limits: config.limits, capital: capital)
    var standings: [String: StrategyStanding] = [:]
    for item in try row.json("strategies").array ?? [] {
      guard let name = item["strategy"]?.string, let realised = item["realized"]?.usd,
        let counted = item["counted"]?.usd, let day = item["day"]?.string, let losses = item["losses_in_a_row"]?.int
      else { throw DatabaseError(.shape, "a strategy's day does not read") }
      let result = realised + (held[name] ?? .zero)
      let known = item["peak"]?.usd
      var standing = StrategyStanding(
        name: name, lossesInARow: hasRested(since: item["last_at"]) ? 0 : Int(losses), realisedToday: counted,
        result: result, peak: known ?? result, hasFallen: item["fell_at"]?.string != nil)
      let falls = guards.falls(standing)
      if config.limits.strategyDrawdownBps != nil,
        known.map({ standing.peak > $0 }) ?? true || falls && !standing.hasFallen
      {
        write(standing, day: day, fell: falls, asked: try row.text("asked"))
      }
      standing.hasFallen = standing.hasFallen || falls
      standings[name] = standing
    }
    return standings
  }

  private func write(_ standing: StrategyStanding, day: String, fell: Bool, asked: String) {
    guard let epoch = lease.epoch else { return }
    let argument: JSON = [
      "gateway_epoch": .int(epoch.number), "strategy": .string(standing.name), "day": .string(day),
      "peak": .text(standing.peak), "fell": .bool(fell), "asked": .string(asked),
    ]
    database.query("select record_strategy_day($1::jsonb)", [.json(argument)]) { [log = process.log] result in
      // The next reading of the standing finds the same, and tries again.
      if case .failure(let error) = result { log.warning("a strategy's day not recorded", [.error(error)]) }
    }
  }

  /// For people: the record has no best bids.
  var strategyResults: JSON {
    .object(core.standing.strategies.values.sorted { $0.name < $1.name }.map { .init($0.name, .text($0.result)) })
  }
}
