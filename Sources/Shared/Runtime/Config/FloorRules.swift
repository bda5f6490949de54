/// Combinations that are legal key by key and unsafe together.
public enum FloorRules {
  /// All rules over the floor's own keys.
  public static let all: [ConfigLoader.Rule] = [
    liveNeedsArming, paperStaysAway, oneRedis, liveCapital, portsDiffer, limitsNest, tradeIsPossible, quarantinesGrow,
    diskGuardsNest, realMoneyIsPatient, eventsAreSlugs,
  ]

  static let eventsAreSlugs: ConfigLoader.Rule = { config in
    guard case .list(let events)? = config.value("market.events") else { return [] }
    return events.filter { word in
      MarketSlug(word).map { MarketSeries.contract($0) != nil } ?? true
    }.map {
      config.problem(
        "market.events", "names \($0), which is no slug of an event market",
        "write one market's slug as the venue's page names it; contracts of a series belong to market.series")
    }
  }

  static let liveNeedsArming: ConfigLoader.Rule = { config in
    guard config.text("mode") == "live" else { return [] }
    var problems: [ConfigProblem] = []
    if config.value("live.armed") == .flag(false) {
      problems.append(
        config.problem("mode", "trades real money, and live.armed is false", "set live.armed: true, or mode: paper"))
    }
    if config.text("venue") == "sim" {
      problems.append(
        config.problem("venue", "is the simulated venue, and mode is live", "set venue: polymarket, or mode: paper"))
    }
    return problems
  }

  /// Play money must not be able to reach the real exchange, whatever else is mistaken: orders for the simulated venue stay on this machine.
  /// On the real venue's public data (venue: polymarket) no order of a paper floor is sent anywhere; the gateway matches them itself.
  static let paperStaysAway: ConfigLoader.Rule = { config in
    guard config.text("mode") == "paper", config.text("venue") == "sim" else { return [] }
    var problems: [ConfigProblem] = []
    for path in VenueEndpoints.paths where !VenueEndpoints.isLoopback(config.text(path) ?? "") {
      problems.append(
        config.problem(
          path, "leaves this machine, and the venue is the simulated one", "remove it, or name a host on 127.0.0.1"))
    }
    return problems
  }

  static let oneRedis: ConfigLoader.Rule = { config in
    guard let socket = config.text("redis.socket"), !socket.isEmpty, let host = config.text("redis.host"), !host.isEmpty
    else { return [] }
    return [config.problem("redis.host", "is given beside redis.socket, \(socket)", "remove one of the two")]
  }

  static let liveCapital: ConfigLoader.Rule = { config in
    guard config.text("mode") == "live", let capital = config.micros("floor.capital_usd"),
      let most = config.micros("live.capital_max_usd"), capital > most
    else { return [] }
    return [
      config.problem(
        "floor.capital_usd", "is more than live.capital_max_usd, \(Decimal6.text(most)), allows",
        "give the floor less, or raise the cap in every layer that sets it")
    ]
  }

  static let portsDiffer: ConfigLoader.Rule = { config in
    let paths = ["web.port", "web.metrics_port"] + (config.text("venue") == "sim" ? ["sim.port"] : [])
    var problems: [ConfigProblem] = []
    for (index, path) in paths.enumerated() {
      guard let port = config.value(path), port != .whole(0) else { continue }
      for earlier in paths[..<index] where config.value(earlier) == port {
        problems.append(config.problem(path, "is the same port as \(earlier)", "give each its own"))
      }
    }
    return problems
  }

  static let limitsNest: ConfigLoader.Rule = { config in
    let nested = [
      ("limits.per_trade_pct", "limits.per_agent_pct"), ("limits.per_agent_pct", "limits.system_pct"),
      ("limits.daily_loss_pct", "limits.drawdown_pct"),
    ]
    return nested.compactMap { inner, outer in
      guard let a = config.micros(inner), let b = config.micros(outer), a > b else { return nil }
      return config.problem(
        inner, "is wider than \(outer), \(Decimal6.text(b)), which contains it", "lower \(inner) to \(outer) or less")
    }
  }

  /// The venue takes no marketable order below one dollar: a floor that could never trade says so before it starts.
  static let tradeIsPossible: ConfigLoader.Rule = { config in
    guard let capital = config.micros("floor.capital_usd"), let percent = config.micros("limits.per_trade_pct"),
      let most = try? USD(micros: capital).scaled(by: percent, over: 100_000_000, rounding: .down),
      most < USD(dollars: 1)
    else { return [] }
    return [
      config.problem(
        "limits.per_trade_pct", "of the capital is \(most) dollars, below the venue's least order of 1 dollar",
        "give the floor at least \(Decimal6.text(100_000_000 * 1_000_000 / percent)) dollars, or allow more per trade")
    ]
  }

  /// What shortens a wait for tests and demonstrations is refused where the wait protects real money.
  static let realMoneyIsPatient: ConfigLoader.Rule = { config in
    guard config.text("mode") == "live" else { return [] }
    let least: [(String, Int64, String)] = [
      ("judging.trades_min_count", 30, "fewer trades are chance"),
      ("orders.absence_proof_s", 90, "the venue's slowest view lags 60 to 70 s"),
    ]
    return least.compactMap { path, least, reason in
      guard let number = config.wholeNumber(path), number < least else { return nil }
      return config.problem(path, "is too little for real money: \(reason)", "set it to \(least) or more")
    }
  }

  static let quarantinesGrow: ConfigLoader.Rule = { config in
    guard let first = config.wholeNumber("supervision.quarantine_first_s"),
      let longest = config.wholeNumber("supervision.quarantine_longest_s"), first > longest
    else { return [] }
    return [
      config.problem(
        "supervision.quarantine_first_s", "is longer than supervision.quarantine_longest_s, \(longest)",
        "lower the first or raise the longest")
    ]
  }

  static let diskGuardsNest: ConfigLoader.Rule = { config in
    guard let alarm = config.micros("disk.alarm_free_pct"), let stop = config.micros("disk.reduce_only_free_pct"),
      stop > alarm
    else { return [] }
    return [
      config.problem(
        "disk.reduce_only_free_pct", "would act before disk.alarm_free_pct, \(Decimal6.text(alarm)), has warned",
        "lower it to the alarm's or less")
    ]
  }
}

extension EffectiveConfig {
  func text(_ path: String) -> String? {
    guard case .text(let text)? = value(path) else { return nil }
    return text
  }

  func micros(_ path: String) -> Int64? {
    guard case .decimal(let micros)? = value(path) else { return nil }
    return micros
  }

  func wholeNumber(_ path: String) -> Int64? {
    guard case .whole(let number)? = value(path) else { return nil }
    return number
  }

  /// A problem placed where the value that counts was written.
  public func problem(_ path: String, _ reason: String, _ remedy: String) -> ConfigProblem {
    ConfigProblem(offer(path)?.place ?? "the program", key: path, value: value(path)?.text, reason, remedy: remedy)
  }
}
