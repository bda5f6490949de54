import FloorIOData
import FloorTestSupport
import Glibc
import Shared
import Testing

/// Two seconds of lookback, so that a test need not wait five minutes.
private let quick: JSON = ["lookback_s": 2, "cooldown_s": 1, "holding_max_s": 0]

@Suite("A trader-agent process between Redis and PostgreSQL", .serialized)
struct TraderAgentTests {
  @Test("From a price to an intent, a position, an exit and the rows that say why")
  func wholeWay() throws {
    let harness = try AgentHarness("way-1", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
    // Its market's clock is the feed's: only in lockstep does anybody move it by hand.
    var moved: Result<Void, ControlClient.CommandError>?
    harness.control?.send(.clock(MarketTime(seconds: AgentHarness.windowStart), beat: true)) { moved = $0 }
    try harness.wait("an answer") { moved != nil }
    guard case .failure(let refusal)? = moved else {
      Issue.record("the clock was moved")
      return
    }
    #expect(refusal.isRefusal && refusal.description.contains("not moved by hand"))
    let entry = harness.intents[0]
    #expect(IntentSecret(hex: AgentHarness.secretHex)!.verifies(entry))
    #expect(entry.terms.action == .enter && entry.terms.outcome == .yes && entry.terms.price.micros == 520_000)
    #expect(entry.terms.epoch.number == harness.epoch)
    // Unanswered, it comes again, unchanged.
    try harness.wait("a repeat") { harness.intents.count > 1 }
    #expect(harness.intents[1].terms == entry.terms && harness.intents[1].envelope.sequence == 2)
    let shares = try harness.fill(entry)
    harness.publishMarket(bid: 62, ask: 63)
    try harness.wait("an exit") { harness.intents.contains { $0.terms.action == .exit } }
    let exit = try #require(harness.intents.last { $0.terms.action == .exit })
    #expect(exit.terms.side == .sell && exit.terms.size == shares && exit.reason == "take_profit")
    try harness.fill(exit)
    try harness.wait("decisions") { try harness.decisions().filter { $0["kind"] == "signal" }.count == 2 }
    let rows = try harness.decisions()
    let signal = try #require(rows.first { $0["reason"] == "momentum_up" })
    #expect(signal["intent_id"] == entry.terms.intent.text)
    #expect(try signal.int("feed_order") == entry.feedOrder)
    #expect(try !signal.text("feed_boot").isEmpty)
    #expect(try rows.map { try $0.int("number") }.sorted() == Array(1...Int64(rows.count)))
    #expect(
      try SignalRecomputation.check(
        reason: "momentum_up", detail: signal.json("detail"), observations: harness.recording) == .confirmed)
    try harness.wait("a checkpoint in the database") {
      let saved = try harness.floor.database.openAsAdministrator().query("SELECT state FROM checkpoints", [])
      return try saved.count == 1 && AgentCheckpoint(saved[0].json("state")).cursor == 4
    }
    let state = try harness.state { _ in true }
    #expect(state.status == .trading && state.strategy == "momentum")
    #expect(try harness.floor.brokenInvariants().isEmpty)
  }

  @Test("Told to leave, it leaves counts of its evaluations that add up and agree with its rows of decisions")
  func counts() throws {
    let harness = try AgentHarness("counts-1", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
    harness.publishRise()
    harness.control?.send(.drain) { _ in }
    #expect(try harness.waitForExit() == .code(0))
    let row = try harness.floor.database.openAsAdministrator().query(
      """
      SELECT c.*, (SELECT count(*) FROM decisions d WHERE d.number <= c.decisions AND d.kind = 'signal') AS signal_rows,
             (SELECT coalesce(sum(count), 0) FROM decisions d WHERE d.number <= c.decisions AND d.kind = 'refusal' AND d.intent_id IS NULL)
               AS refusal_rows
        FROM evaluation_counts c ORDER BY slot DESC LIMIT 1
      """, []
    ).one()
    let refused = try row.int("refused")
    #expect(try row.int("evaluations") == row.int("quiet") + refused + row.int("signals"))
    let signals = try row.int("signals")
    #expect(try signals == row.int("signal_rows"))
    #expect(signals >= 1)
    #expect(try row.int("refusal_rows") + row.int("unreported") == refused)
    #expect((try row.json("reasons").members ?? []).reduce(0) { $0 + ($1.value.int ?? 0) } == refused)
  }

  @Test("Killed with a position, it is back with the position, another epoch and no id used twice")
  func killed() throws {
    let harness = try AgentHarness("killed-1", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
    // The events of this fill are lost with the process.
    let shares = try harness.fill(harness.intents[0], deliver: false)
    #expect(harness.agent?.signal(SIGKILL) == true)
    #expect(try harness.waitForExit() == .signal(SIGKILL))
    // What was published had been written down before, however soon the end came.
    try harness.wait("the decision behind the intent") {
      try harness.decisions().contains { $0["intent_id"] == harness.intents[0].terms.intent.text }
    }
    let born = SystemClock.monotonic()
    try harness.spawn(newEpoch: true)
    try harness.waitReady()
    let back = SystemClock.monotonic().since(born)
    #expect(back < .seconds(5))
    harness.publishMarket(bid: 30, ask: 32)
    try harness.wait("the exit of what the first life bought") { harness.intents.contains { $0.terms.action == .exit } }
    let exit = try #require(harness.intents.last)
    #expect(exit.terms.size == shares && exit.reason == "stop_loss" && exit.terms.epoch.number == harness.epoch)
    #expect(Set(harness.intents.map(\.terms)).count == Set(harness.intents.map(\.terms.intent)).count)
    try harness.fill(exit)
    #expect(try harness.floor.brokenInvariants().isEmpty)
  }

  @Test("Prices lost on the bus are counted, and the next one is heeded")
  func lostPrices() throws {
    let harness = try AgentHarness("holes-1", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishMarket(bid: 50, ask: 51)
    harness.publishMarket(bid: 52, ask: 53, lost: 3)
    harness.publishMarket(bid: 53, ask: 54)
    let state = try harness.state { $0.missed > 0 }
    #expect(state.missed == 3)
    // Not by their numbers, but because it goes on from them: a rise is acted on.
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
  }

  @Test("An order event lost on the bus is fetched from the database")
  func lostEvent() throws {
    let harness = try AgentHarness("lost-1", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
    try harness.fill(harness.intents[0], deliver: false)
    // Something later arrives: the hole shows.
    harness.publishMarket(bid: 62, ask: 63)
    let settled = try harness.floor.settle("btc-updown-5m-1700000100", payoutYes: "1")
    for event in settled["events"]?.array ?? [] { harness.tell(event) }
    var turn = 0
    try harness.wait("a decision after all three events") {
      turn += 1
      if turn % 20 == 0 { harness.publishMarket(bid: 64, ask: 65) }
      return try harness.decisions().contains { $0["event_cursor"].flatMap { Int($0) } ?? 0 >= 3 }
    }
  }

  @Test(
    "An entry whose order is on its way is not given up, though no event tells of it, and its market gets no second one"
  )
  func onItsWay() throws {
    let harness = try AgentHarness("way-2", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
    let entry = harness.intents[0]
    let order = try harness.admit(entry)
    // An intent without an answer is given up three seconds after it stopped being useful, if the record does not know it.
    let end = entry.terms.usefulUntil.advanced(by: .seconds(6))
    try harness.wait("the time in which it would be given up", within: .seconds(60)) { harness.now > end }
    harness.publishRise(from: 92_000)
    #expect(try !harness.decisions().contains { $0["reason"] == "unanswered" })
    #expect(Set(harness.intents.map(\.terms.intent)) == [entry.terms.intent])
    let done = try harness.floor.advance(order, "CANCELLED")
    harness.tell(done["event"])
    try harness.wait("a new intent once it has ended") {
      harness.publishRise(from: 94_000)
      return harness.intents.contains { $0.terms.intent != entry.terms.intent }
    }
  }

  @Test("Drain, stop and a closed lifeline end it with 0, after a checkpoint", arguments: ["drain", "stop", "signal"])
  func farewell(road: String) throws {
    let harness = try AgentHarness("bye-\(road)", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    switch road {
    case "drain": harness.control?.send(.drain)
    case "stop": harness.control?.send(.stop)
    default: #expect(harness.agent?.signal(SIGTERM) == true)
    }
    #expect(try harness.waitForExit() == .code(0))
    let saved = try harness.floor.database.openAsAdministrator().query("SELECT seq, epoch FROM checkpoints", [])
    #expect(try saved.one().int("epoch") == harness.epoch)
    let file = CheckpointFile(directory: harness.directory.path + "/checkpoints", name: harness.name.text)
    let record = try #require(try file.load())
    #expect(try AgentCheckpoint(JSON.parse(record.payload)).agent == harness.name)
  }

  @Test("After a long absence it reads every order event it missed, however many pages they are")
  func longAbsence() throws {
    let harness = try AgentHarness("absent-1", parameters: quick)
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.control?.send(.stop)
    #expect(try harness.waitForExit() == .code(0))
    let database = try harness.floor.database.openAsAdministrator()
    try database.query(
      """
      WITH agent AS (UPDATE agent_cursors c SET cursor = c.cursor + 1100 FROM agents a WHERE a.id = c.agent_id AND a.name = $1
                     RETURNING a.id, a.name, a.epoch, c.cursor - 1100 AS known)
      INSERT INTO order_events (agent_id, cursor, event, body)
      SELECT id, known + n, 'denied',
             jsonb_build_object('cursor', known + n, 'agent', name, 'epoch', epoch, 'intent', name || '.' || n, 'order', null,
                                'event', 'denied', 'reason', 'mode', 'detail', '', 'fill', null, 'remaining', '0', 'position', '0',
                                'market', 'btc-updown-5m-1700000100', 'outcome', 'YES', 'final', true)
        FROM agent, generate_series(1, 1100) n
      """, [.text(harness.name.text)])
    try harness.spawn(newEpoch: true)
    try harness.waitReady()
    let log = try SmallFile.read(harness.directory.path + "/log/agent-absent-1.log", bytesMax: 1 << 20)
    #expect(String(decoding: log, as: UTF8.self).contains("\"missed\":1100"))
  }

  @Test("Without Redis it sees no prices and makes no entries, and its exits go through the database")
  func redisAway() throws {
    let harness = try AgentHarness(
      "blind-1",
      parameters: ["lookback_s": 2, "holding_max_s": 3, "take_profit_points": "0.5", "stop_loss_points": "0.5"])
    harness.publishKeys()
    try harness.spawn()
    try harness.waitReady()
    harness.publishRise()
    try harness.wait("an intent") { !harness.intents.isEmpty }
    try harness.fill(harness.intents[0])
    var turn = 0
    try harness.wait("the position") {
      turn += 1
      if turn % 20 == 0 { harness.publishMarket(bid: 50, ask: 51) }
      return try harness.decisions().contains { $0["reason"] == "position_open" }
    }
    harness.killRedis()
    try harness.wait("the exit among the offered intents") {
      let offered = try harness.floor.database.openAsAdministrator().query("SELECT body FROM offered_intents", [])
      guard let row = offered.first else { return false }
      let message = try IntentMessage(row.json("body"))
      return message.terms.action == .exit && IntentSecret(hex: AgentHarness.secretHex)!.verifies(message)
    }
    let offered = try harness.floor.database.openAsAdministrator().query("SELECT body FROM offered_intents", [])
    #expect(offered.count == 1)
  }

  @Test("A birth document with several faults is refused with all of them")
  func badBirth() throws {
    let harness = try AgentHarness("bad-1", parameters: ["lookback": 5, "input": "tea"])
    try harness.spawn()
    #expect(try harness.waitForExit() == .code(78))
    let output = String(
      decoding: try SmallFile.read(harness.directory.path + "/output", bytesMax: 1 << 16), as: UTF8.self)
    #expect(output.contains("no parameter lookback") && output.contains("input is none of the known words"))
  }
}
