import FloorSim
import Shared

/// A recording made by hand: one BTC five-minute window, told in the venue's own shapes.
struct TapeFixture {
  static let start: Int64 = 1_795_180_500
  let slug: MarketSlug
  let condition: ConditionID
  let yes: TokenID
  let no: TokenID
  private(set) var rows: [ImportedRow] = []

  init(start: Int64 = TapeFixture.start) {
    slug = MarketSlug("btc-updown-5m-\(start)")!
    opens = start
    condition = ConditionID("0x" + Hex.text(SHA256.digest("\(start)".utf8)))!
    yes = TokenID("\(start)1")!
    no = TokenID("\(start)2")!
    rows.append(ImportedRow(at: time(0), .market(slug, condition: condition, yes: yes, no: no)))
  }

  private let opens: Int64

  /// Seconds since the window opened.
  func time(_ seconds: Double) -> WallTime { WallTime(nanoseconds: opens * 1_000_000_000 + Int64(seconds * 1e9)) }

  /// The YES book: one level a side.
  mutating func book(
    _ seconds: Double, bid: String, ask: String, size: String = "1000", asks: [(String, String)] = []
  ) {
    func level(_ price: String, _ size: String) -> BookLevel {
      BookLevel(price: try! Price(parsing: price), size: try! Shares(parsing: size))
    }
    rows.append(
      ImportedRow(
        at: time(seconds),
        .book(yes, bids: [level(bid, size)], asks: [level(ask, size)] + asks.map { level($0.0, $0.1) }, hash: "")))
  }

  /// A frame of the market stream as it came.
  mutating func raw(_ seconds: Double, _ frame: [UInt8]) {
    rows.append(ImportedRow(at: time(seconds), .frame(stream: "market", frame)))
  }

  mutating func trade(_ seconds: Double, _ price: String, _ size: String, side: Side = .buy) {
    rows.append(
      ImportedRow(
        at: time(seconds),
        .trade(yes, side, BookLevel(price: try! Price(parsing: price), size: try! Shares(parsing: size)))))
  }

  mutating func top(_ seconds: Double, bid: String?, ask: String?) {
    rows.append(
      ImportedRow(
        at: time(seconds),
        .top(yes, bid: bid.map { try! Price(parsing: $0) }, ask: ask.map { try! Price(parsing: $0) })))
  }

  mutating func price(_ seconds: Double, _ value: String, _ series: ReferenceTick.Series = .oracleTWAP(seconds: 60)) {
    rows.append(
      ImportedRow(
        at: time(seconds),
        .price(
          ReferenceTick(
            series: series, symbol: series == .exchangeSpot ? "btcusdt" : "btc/usd",
            observedAt: MarketTime(nanoseconds: time(seconds).nanoseconds), value: ReferenceValue(parsing: value)!))))
  }

  mutating func resolved(_ seconds: Double, _ outcome: Outcome) {
    rows.append(ImportedRow(at: time(seconds), .resolved(slug, winner: outcome == .yes ? yes : no)))
  }

  var frames: [RecordedFrame] {
    var out = VenueFrames()
    return rows.sorted { $0.at < $1.at }.flatMap { try! out.lines(for: $0) }
  }

  /// A walk of the YES book and of the reference price, its trades and its result, out of one seed.
  /// - Parameter first: windows after the first one.
  static func random(_ seed: UInt64, windows: Int = 1, from first: Int64 = 0) -> [RecordedFrame] {
    var random = SeededGenerator(seed: seed)
    var frames: [RecordedFrame] = []
    for window in 0..<windows {
      var fixture = TapeFixture(start: TapeFixture.start + (first + Int64(window)) * 300)
      var mid = 500_000 + Int64(random.uniform() * 100_000) / 10_000 * 10_000
      var spot = 90_000.0
      var second = 0.5
      while second < 299 {
        mid = min(960_000, max(40_000, mid + (Int64(random.uniform() * 7) - 3) * 10_000))
        let half: Int64 = random.uniform() < 0.7 ? 10_000 : 20_000
        fixture.book(
          second, bid: Decimal6.text(mid - half), ask: Decimal6.text(mid + half),
          size: String(20 + Int64(random.uniform() * 400)),
          asks: [(Decimal6.text(mid + half + 10_000), "500")])
        if random.uniform() < 0.3 {
          fixture.trade(
            second + 0.01, Decimal6.text(mid + half), String(5 + Int64(random.uniform() * 90)),
            side: random.uniform() < 0.5 ? .buy : .sell)
        }
        spot += (random.uniform() - 0.5) * 40
        fixture.price(second + 0.02, Decimal6.text(Int64(spot * 1e6)), .oracleSpot)
        second += 0.3 + random.uniform() * 1.5
      }
      fixture.resolved(330, random.uniform() * 1_000_000 < Double(mid) ? .yes : .no)
      frames += fixture.frames
    }
    return frames.sorted { $0.receivedAt < $1.receivedAt }
  }
}

/// Settings without surprises: no latency but what a test asks for.
func settings(_ change: (inout BacktestSettings) -> Void = { _ in }) -> BacktestSettings {
  var settings = BacktestSettings()
  settings.latencyOut = .milliseconds(50)
  settings.latencyBack = .milliseconds(50)
  settings.terms.settlementTWAP = 60
  change(&settings)
  return settings
}

/// An agent of BTC's five-minute windows.
func agent(_ strategy: String, _ parameters: JSON = .object([]), size: USD = USD(dollars: 20)) -> Backtest.Agent {
  Backtest.Agent(
    name: AgentName("\(strategy)-1")!, strategy: strategy, parameters: parameters, size: size,
    series: [MarketSeries(configured: "btc-5m")!])
}

/// Buys on a rise of five cents within five seconds and holds to the settlement.
let holder: JSON = [
  "input": "token_mid", "lookback_s": 5, "threshold_token_mid_points": "0.05", "take_profit_points": "0",
  "stop_loss_points": "0", "holding_max_s": 0, "entries_max_count": 1, "entry_slippage_ticks_count": 1,
  "fee_cover_ratio": "0",
]

extension Backtest {
  static func run(_ frames: [RecordedFrame], _ agents: [Backtest.Agent], _ settings: BacktestSettings) throws -> (
    report: BacktestReport, decisions: [Decision]
  ) {
    var settings = settings
    settings.keepsDecisions = true
    var backtest = try Backtest([agents], settings)
    for frame in frames { backtest.take(frame) }
    let reports = backtest.finish()
    return (reports[0], backtest.decisions())
  }
}
