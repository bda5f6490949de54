import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorSim

/// One recording through the backtest, and through the real processes at a venue that moves in lockstep: the same decisions, the same
/// fills, the same ledger.
@Suite("Backtest and floor in lockstep", .serialized, .hangLimit)
struct LockstepTests {
  /// One agent's account of itself, in a form in which two can be compared.
  private struct Account: Equatable {
    var decisions: [String] = []
    var fills: [String] = []
    var trades: [String] = []
    var ledger: [String] = []
  }

  private static let limits: JSON = [
    "per_trade_pct": "2", "per_agent_pct": "10", "system_pct": "40", "orders_per_min": 60_000,
  ]
  private static let beat = Duration.milliseconds(500)

  /// Strategies with settings under which they trade every few seconds on what moves at random.
  private static let lively: [(strategy: String, parameters: JSON)] = [
    (
      "reversion",
      [
        "input": "token_mid", "lookback_s": 10, "threshold_token_mid_points": "0.02", "cooldown_s": 5,
        "entries_max_count": 1000, "fee_cover_ratio": "0", "spread_max_points": "0.5", "holding_max_s": 20,
      ]
    ),
    (
      "momentum",
      [
        "input": "token_mid", "lookback_s": 5, "threshold_token_mid_points": "0.02", "cooldown_s": 2,
        "entries_max_count": 1000, "fee_cover_ratio": "0", "spread_max_points": "0.5", "take_profit_points": "0",
        "stop_loss_points": "0.1", "holding_max_s": 0,
      ]
    ),
  ]

  private func trader(_ strategy: String, _ parameters: JSON, _ series: String = "BTC-5m") throws
    -> LockstepFloor.Trader
  {
    LockstepFloor.Trader(
      name: try #require(AgentName(strategy + "-1")), strategy: strategy, parameters: parameters,
      series: [try #require(MarketSeries(alias: series))], size: "10")
  }

  @Test("Made-up books: the floor decides, fills and books what the backtest does", arguments: [0, 1])
  func madeUpBooks(_ kind: Int) throws {
    let traders = [try trader(Self.lively[kind].strategy, Self.lively[kind].parameters)]
    let directory = try TemporaryDirectory()
    var seed = Seeds.some(1).last!
    func path() -> String { directory.path + "/day-\(seed).jsonl.zst" }
    func fills() throws -> Int {
      var books = MovingBooks(seed: seed)
      try books.write(path(), windows: 2)
      return try backtest(frames([path()]), traders).0.values.reduce(0) { $0 + $1.fills.count }
    }
    // With some books next to nothing happens: the next ones are taken.
    while try fills() < Self.fillsLeast { seed += 1 }
    print("seed \(seed)")
    try compare([path()], traders, settlement: MovingBooks.settlement)
  }

  @Test("What a feed recorded of a living venue: the floor decides, fills and books what the backtest does")
  func recordedVenue() throws {
    let seed = Int.random(in: 1...9999)
    print("seed \(seed)")
    let speed = 10
    let original = try FeedProcesses(speed: speed, seed: seed)
    try original.startVenue()
    try original.startFeed(warmSecond: false)
    let boss = ControlClient(
      loop: original.loop, path: original.directory.path + "/market-feed.sock", bossEpoch: Epoch(1))
    defer { boss.close() }
    try original.wait("live markets", within: .seconds(60)) { original.updates.contains { $0.state == .live } }
    let isLong = ProcessInfo.processInfo.environment["FLOOR_FULL_REPLAY"] == "1"
    try original.pass(.seconds((isLong ? 400 : 80) / Int64(speed)))
    #expect(try original.stopFeed() == .code(0))
    let files = RecordingReader.files(in: original.directory.path + "/recordings", prefix: "frames")
    try compare(
      files,
      [
        try trader(
          "reversion",
          [
            "input": "token_mid", "lookback_s": 5, "threshold_token_mid_points": "0.01", "cooldown_s": 2,
            "entries_max_count": 1000, "fee_cover_ratio": "0", "spread_max_points": "0.5", "holding_max_s": 8,
          ]),
        // Each in a market of its own: which of two intents is first is not the recording's.
        try trader(
          "momentum",
          [
            "input": "reference", "lookback_s": 10, "threshold_reference_pct": "0.02", "cooldown_s": 5,
            "entries_max_count": 1000, "fee_cover_ratio": "0", "spread_max_points": "0.5",
          ], "ETH-5m"),
      ])
  }

  /// So many, or too little happened.
  private static let fillsLeast = 4

  private func frames(_ paths: [String]) throws -> [RecordedFrame] {
    var frames: [RecordedFrame] = []
    for path in paths {
      // When a book was looked at over REST is the recording floor's doing: this one does not.
      #expect(try RecordingReader.read(path) { if Self.mark($0, "witness") == nil { frames.append($0) } }.isWhole)
    }
    return frames
  }

  /// - Parameter settlement: seconds from a window's end to its result, in this recording.
  private func compare(_ paths: [String], _ traders: [LockstepFloor.Trader], settlement: Int64 = 60) throws {
    let frames = try frames(paths)
    let (wanted, times) = try backtest(frames, traders)
    let got = try floor(paths, Array(Swift.zip(frames, times)), traders, settlement)
    for trader in traders {
      let (wanted, got) = (wanted[trader.name] ?? Account(), got[trader.name] ?? Account())
      same(got.decisions, wanted.decisions, "decision")
      same(got.fills, wanted.fills, "fill")
      same(got.trades.sorted(), wanted.trades.sorted(), "trade")
      same(got.ledger, wanted.ledger, "ledger line")
      print(
        "\(trader.name): \(wanted.decisions.count) decisions, \(wanted.fills.count) fills, \(wanted.trades.count) trades"
      )
      #expect(!wanted.decisions.isEmpty, "\(trader.name) has decided nothing")
    }
    let fills = wanted.values.reduce(0) { $0 + $1.fills.count }
    #expect(fills >= Self.fillsLeast, "too little happened: \(fills) fills")
  }

  /// The feed's own mark of that kind.
  private static func mark(_ frame: RecordedFrame, _ event: String) -> JSON? {
    guard frame.stream == FeedMark.stream, let json = try? JSON.parse(frame.frame), json["event"]?.string == event
    else {
      return nil
    }
    return json
  }

  private func same(_ got: [String], _ wanted: [String], _ what: String) {
    let place = Swift.zip(got, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    if let place {
      Issue.record("\(what) \(place + 1) of \(wanted.count):\n  backtest \(wanted[place])\n  floor    \(got[place])")
    }
    #expect(got.count == wanted.count, "\(what)s")
  }

  // MARK: The backtest

  private func backtest(
    _ frames: [RecordedFrame], _ traders: [LockstepFloor.Trader]
  ) throws -> (accounts: [AgentName: Account], times: [MarketTime]) {
    var settings = BacktestSettings()
    settings.limits = try RiskLimits(
      ConfigReader(["limits": Self.limits, "orders": LockstepFloor.orders, "market": ["stale_after_ms": 15_000]]))
    settings.latencyOut = .zero
    settings.latencyBack = .zero
    settings.beat = Self.beat
    settings.keepsDecisions = true
    let agents = try traders.map {
      Backtest.Agent(
        name: $0.name, strategy: $0.strategy, parameters: $0.parameters, size: try USD(parsing: $0.size),
        series: $0.series)
    }
    var backtest = try Backtest([agents], settings)
    var tape = RecordedTape(terms: settings.terms)
    var ignored: [TapeEvent] = []
    var times: [MarketTime] = []
    for frame in frames {
      let time = tape.time(of: frame)
      tape.take(frame, at: time, &ignored)
      times.append(time)
      backtest.take(frame)
    }
    let report = try #require(backtest.finish().first)
    var accounts: [AgentName: Account] = [:]
    for trader in traders {
      accounts[trader.name] = Account(
        decisions: backtest.decisions(by: trader.name).map(text),
        fills: backtest.fills(by: trader.name).map {
          "\($0.token) \($0.side.rawValue) \($0.size) for \($0.cash) fee \($0.fee)"
        })
    }
    // What was still held when the recording was over is no trade: the floor holds it, too.
    for trip in report.trips where !trip.isMarked {
      // The venue tells whole seconds.
      accounts[trip.agent, default: Account()].trades.append(
        "\(trip.closedAt.seconds) \(trip.market) \(trip.outcome.rawValue) \(trip.shares) cost \(trip.cost) proceeds \(trip.proceeds) fees \(trip.fees)"
      )
    }
    for trader in traders {
      accounts[trader.name, default: Account()].ledger = report.books.lines.compactMap { entry in
        guard case .agent(trader.name) = entry.account else { return nil }
        let asset = if case .token(let token) = entry.asset { token.text } else { "USD" }
        return "\(asset) \(Decimal6.text(entry.micros))"
      }.sorted()
    }
    return (accounts, times)
  }

  private func text(_ decision: Decision) -> String {
    "\(decision.number) \(decision.kind.rawValue) \(decision.reason) \(decision.market?.text ?? "-") "
      + "\(decision.outcome?.rawValue ?? "-") at \(decision.now.nanoseconds) × \(decision.count) after \(decision.eventCursor) "
      + Self.plain(decision.detail)
  }

  /// JSON without the order of members and the form of numbers, which the database does not keep.
  private static func plain(_ json: JSON) -> String {
    if let members = json.members {
      return "{" + members.sorted { $0.key < $1.key }.map { "\($0.key)=\(plain($0.value))" }.joined(separator: " ")
        + "}"
    }
    if let items = json.array { return "[" + items.map(plain).joined(separator: " ") + "]" }
    if let text = json.string { return text }
    if let number = Double(json.text) { return "\(number)" }
    return json.text
  }

  // MARK: The floor

  private func floor(
    _ paths: [String], _ frames: [(RecordedFrame, MarketTime)], _ traders: [LockstepFloor.Trader],
    _ settlement: Int64
  ) throws -> [AgentName: Account] {
    let first = try #require(frames.first).1
    // Windows are decided when the made-up recording says so; of a recorded venue it is 60 s.
    let floor = try LockstepFloor(
      recording: paths, at: first.advanced(by: .milliseconds(-1)), traders: traders, limits: Self.limits,
      allocation: "100",
      venueArguments: ["--taker-hold-ms", "0", "--settlement-delay-s", String(settlement)])
    try floor.play(until: first)
    var nextBeat = first.advanced(by: Self.beat)
    var nextLook = first.advanced(by: Backtest.lookEvery)
    func pass(until time: MarketTime) throws {
      while min(nextBeat, nextLook) <= time {
        // As in the backtest: the beats of the agents, then what time alone has changed in the markets.
        let (isLook, isBeat, next) = (nextLook <= nextBeat, nextBeat <= nextLook, min(nextBeat, nextLook))
        if isBeat { try floor.move(to: next, beat: floor.agents) }
        if isLook { try floor.move(to: next, beat: [ProcessNames.marketFeed]) }
        if isLook { nextLook = nextLook.advanced(by: Backtest.lookEvery) }
        if isBeat { nextBeat = nextBeat.advanced(by: Self.beat) }
      }
    }
    for (frame, time) in frames.dropFirst() {
      try pass(until: time)
      try floor.play(until: time)
      if frame.stream == "market", frame.frame.firstRange(of: Array("market_resolved".utf8)) != nil {
        try floor.move(to: time, beat: [ProcessNames.gateway])
        try floor.move(to: time, beat: [ProcessNames.marketFeed])
      }
    }
    try pass(until: floor.now.advanced(by: .seconds(1)))
    try floor.end()
    print("\(floor.steps) steps")
    var accounts: [AgentName: Account] = [:]
    for trader in traders {
      let id = try floor.looker.query("SELECT id FROM agents WHERE name = $1", [.id(trader.name)]).one().int("id")
      var account = Account()
      for row in try floor.looker.query(
        """
        SELECT number, kind, reason, coalesce(market, '-') AS market, coalesce(outcome, '-') AS outcome, market_ns, count, event_cursor,
               detail
          FROM decisions WHERE agent_id = $1 ORDER BY number
        """, [.int(id)])
      {
        account.decisions.append(
          "\(try row.int("number")) \(try row.text("kind")) \(try row.text("reason")) \(try row.text("market")) "
            + "\(try row.text("outcome")) at \(try row.int("market_ns")) × \(try row.int("count")) after \(try row.int("event_cursor")) "
            + Self.plain(try row.json("detail")))
      }
      for row in try floor.looker.query(
        "SELECT token_id, side, trim_scale(size) AS size, trim_scale(notional) AS notional, trim_scale(fee) AS fee FROM fills WHERE agent_id = $1 ORDER BY seq",
        [.int(id)])
      {
        account.fills.append(
          "\(try row.text("token_id")) \(try row.text("side")) \(try row.text("size")) for \(try row.text("notional")) fee \(try row.text("fee"))"
        )
      }
      for row in try floor.looker.query(
        """
        SELECT market, side, trim_scale(shares) AS shares, trim_scale(cost) AS cost, trim_scale(proceeds) AS proceeds, trim_scale(fees) AS fees,
               floor(extract(epoch FROM market_at))::bigint AS closed
          FROM trade_records WHERE agent_id = $1
        """, [.int(id)])
      {
        account.trades.append(
          "\(try row.int("closed")) \(try row.text("market")) \(try row.text("side")) \(try row.text("shares")) cost \(try row.text("cost")) "
            + "proceeds \(try row.text("proceeds")) fees \(try row.text("fees"))"
        )
      }
      account.ledger = try floor.looker.query(
        "SELECT asset, trim_scale(balance) AS balance FROM ledger_balances WHERE account = 'agent:' || $1 AND balance <> 0",
        [.int(id)]
      ).map { "\(try $0.text("asset")) \(try $0.text("balance"))" }.sorted()
      accounts[trader.name] = account
    }
    return accounts
  }
}
