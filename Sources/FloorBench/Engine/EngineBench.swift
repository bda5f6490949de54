import FloorIOData
import FloorSim
import Shared

/// The engine on made-up quotes: how many events a second the whole of it takes (tape, agent, strategy, risk, order, paper exchange, fill,
/// ledger), how many the bare loop of the same strategy, and a file from its bytes to the result. What was bought, sold and won is compared
/// with what other engines find on the same quotes.
enum EngineBench {
  struct Settings {
    var events = 1_000_000
    var tokens = 1
    var rounds = 3
  }

  struct Outcome: Hashable {
    var buys = 0
    var sells = 0
    /// In thousandths of a dollar, of what was sold.
    var won: Int64 = 0
  }

  static func run(_ settings: Settings) throws -> JSON {
    let quotes = QuoteStream.make(events: settings.events, tokens: settings.tokens)
    let file = QuoteStream.csv(quotes)
    var times: [String: [Int64]] = [:]
    var outcomes: Set<Outcome> = []
    for _ in 0..<settings.rounds {
      outcomes.insert(time("bare loop", &times) { bare(quotes, settings.tokens) })
      outcomes.insert(
        try time("file to result, bare loop", &times) { bare(try QuoteStream.read(file), settings.tokens) })
      outcomes.insert(try time("engine", &times) { try engine(quotes, settings.tokens) })
      outcomes.insert(
        try time("file to result, engine", &times) { try engine(try QuoteStream.read(file), settings.tokens) })
    }
    guard outcomes.count == 1, let outcome = outcomes.first else {
      throw BenchFailure("the same quotes gave different trades: \(outcomes)")
    }
    return [
      "scenario": "engine", "events": .int(settings.events), "tokens": .int(settings.tokens),
      "rounds": .int(settings.rounds), "file_sha256": .string(Hex.text(SHA256.digest(file))),
      "buys": .int(outcome.buys), "sells": .int(outcome.sells), "won_milli_usd": .int(outcome.won),
      "rows": .array(
        times.sorted { $0.key < $1.key }.map { name, values in
          let sorted = values.sorted()
          return [
            "what": .string(name), "ns": .int(sorted[sorted.count / 2]), "best_ns": .int(sorted[0]),
            "events_per_s": .int(Int64(Double(settings.events) / (Double(sorted[sorted.count / 2]) / 1e9))),
          ]
        }),
    ]
  }

  private static func time(_ name: String, _ times: inout [String: [Int64]], _ body: () throws -> Outcome) rethrows
    -> Outcome
  {
    let start = SystemClock.monotonic()
    let outcome = try body()
    times[name, default: []].append(SystemClock.monotonic().since(start).nanoseconds)
    return outcome
  }

  static func table(_ result: JSON) -> String {
    func cell(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.utf8.count)) + text
    }
    var lines = [
      "\(result["events"]?.int ?? 0) quotes of \(result["tokens"]?.int ?? 0) tokens (sha256 \(result["file_sha256"]?.string ?? "")), "
        + "median of \(result["rounds"]?.int ?? 0) rounds",
      "bought \(result["buys"]?.int ?? 0), sold \(result["sells"]?.int ?? 0), won \(result["won_milli_usd"]?.int ?? 0) thousandths of a dollar",
      "                                     ms   events a second",
    ]
    for row in result["rows"]?.array ?? [] {
      let name = row["what"]?.string ?? ""
      lines.append(
        name + cell(String((row["ns"]?.int ?? 0) / 1_000_000), 39 - name.utf8.count)
          + cell(String(row["events_per_s"]?.int ?? 0), 18))
    }
    return lines.joined(separator: "\n")
  }

  // MARK: The bare loop

  private static func bare(_ quotes: [BenchQuote], _ tokens: Int) -> Outcome {
    let settings = Breakout.Settings()
    let weight = settings.weight
    var states = Array(repeating: Breakout(), count: tokens)
    var entries = Array(repeating: Int32(0), count: tokens)
    var outcome = Outcome()
    for quote in quotes {
      let token = Int(quote.token)
      switch states[token].take(bid: Double(quote.bid) / 1000, ask: Double(quote.ask) / 1000, settings, weight) {
      case .none: break
      case .buy:
        entries[token] = quote.ask
        outcome.buys += 1
      case .sell:
        outcome.sells += 1
        outcome.won += Int64(quote.bid - entries[token]) * 10
      }
    }
    return outcome
  }

  // MARK: The engine

  private static func engine(_ quotes: [BenchQuote], _ tokens: Int) throws -> Outcome {
    guard let name = AgentName("breakout-1") else { throw BenchFailure("no name") }
    let markets = try (0..<tokens).map(BenchMarket.init)
    let agent = Backtest.Agent(
      name: name, strategy: "breakout", parameters: .object([]), size: USD(dollars: 10), series: markets.map(\.series))
    var backtest = try Backtest(
      [[agent]], settings,
      strategy: { (_) throws(StrategyParameters.Refusal) in
        try BreakoutStrategy(try StrategyParameters(BreakoutStrategy.kind, .object([]), size: USD(dollars: 10)))
      })
    let start = MarketTime(nanoseconds: QuoteStream.start)
    for market in markets { backtest.follow(market.slug, market.condition, yes: market.yes, no: market.no, at: start) }
    for quote in quotes {
      let time = MarketTime(nanoseconds: quote.nanoseconds)
      let market = markets[Int(quote.token)]
      backtest.take(.book(market.book(quote, at: time)), at: time)
    }
    guard let report = backtest.finish().first, report.booksBalance else {
      throw BenchFailure("the books do not balance")
    }
    let sold = report.trips.filter { !$0.isMarked && $0.payout == nil }
    return Outcome(
      buys: report.trips.count, sells: sold.count,
      won: sold.reduce(0) { $0 + ($1.proceeds - $1.cost).micros } / 1000)
  }

  /// Nothing is refused: what is measured is the way of orders.
  private static var settings: BacktestSettings {
    var settings = BacktestSettings()
    settings.capital = USD(dollars: 1_000_000)
    settings.allocation = USD(dollars: 1_000_000)
    settings.latencyOut = .zero
    settings.latencyBack = .zero
    settings.terms.fee = TakerFee(rateMicros: 0, exponent: 1) ?? settings.terms.fee
    settings.terms.tick = PriceTick(micros: 1000) ?? settings.terms.tick
    settings.limits.perTradeBps = 10_000
    settings.limits.perAgentBps = 10_000
    settings.limits.floorBps = 10_000
    settings.limits.lossStreak = .max
    settings.limits.minimumMarketable = .zero
    settings.limits.duplicateWindow = .zero
    settings.limits.agentOrdersPerMinute = 1_000_000
    settings.limits.agentBurst = 1_000_000
    settings.limits.floorRatePerSecond = 1_000_000
    settings.limits.floorBurst = 1_000_000
    return settings
  }
}

/// A token of the quotes as a market: a window of four hours, so that its end lies behind the last quote.
private struct BenchMarket {
  let series: MarketSeries
  let slug: MarketSlug
  let condition: ConditionID
  let yes: TokenID
  let no: TokenID

  init(_ number: Int) throws {
    let digits = String(number / 10) + String(number % 10)
    guard let series = MarketSeries(asset: "t" + digits, length: .fourHours),
      let slug = series.slug(startingAt: QuoteStream.start / 1_000_000_000),
      let condition = ConditionID("0x" + String(repeating: "0", count: 62) + digits),
      let yes = TokenID("1" + digits), let no = TokenID("2" + digits)
    else { throw BenchFailure("token \(number) makes no market") }
    self.series = series
    self.slug = slug
    self.condition = condition
    self.yes = yes
    self.no = no
  }

  func book(_ quote: BenchQuote, at time: MarketTime) -> VenueBook {
    func level(_ price: Int32, _ size: Int32) -> [BookLevel] {
      Price(micros: Int64(price) * 1000).map { [BookLevel(price: $0, size: Shares(micros: Int64(size) * 10_000))] }
        ?? []
    }
    return VenueBook(
      market: condition, token: yes, time: time, hash: "", bids: level(quote.bid, quote.bidSize),
      asks: level(quote.ask, quote.askSize))
  }
}
