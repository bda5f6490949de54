import FloorIOData
import FloorTestSupport
import Foundation
import Shared

extension HaltFloor {
  /// Halts the floor once, measures what comes of it, and opens it again.
  func play(_ cell: HaltCell) -> HaltCell.Result {
    var result = HaltCell.Result(cell: cell)
    do {
      try play(cell, &result)
    } catch {
      result.problems.append("\(error)")
    }
    stopOffering()
    return result
  }

  private func play(_ cell: HaltCell, _ result: inout HaltCell.Result) throws {
    if cell.reason == .loss { try hold(60) }
    try readLog(forget: true)
    try rules([])
    try startOffering(inNewMarket: cell.reason != .loss)
    try bench.until("orders to rest", within: .seconds(20)) {
      try truth.read()
      return truth.open >= 6
    }
    // A loss is seen in a book that has come: what brings books breaks after it, and before anybody has counted.
    if cell.reason != .loss { try arm(cell) }
    let begun = try take(cell)
    if cell.reason == .loss {
      try turn(atMost: .milliseconds(20))
      try arm(cell)
    }
    if cell.fault == .killed { try killOnceHeld() }
    try listen(cell)
    // What is wished for afterwards is refused as well.
    try turn(atMost: .milliseconds(300))
    stopOffering()
    if let offerFailure { result.problems.append("a wish was not offered: \(offerFailure)") }
    try relieve(cell)
    try bench.until("the gateway to say that it is flat", within: .seconds(30)) {
      try readLog()
      return note("halt_flat") != nil
    }
    try measure(cell, since: begun ?? halted(), &result)
    try reopen()
  }

  // MARK: Halting

  private func rules(_ rules: [JSON]) throws {
    try bench.faults(.array(rules + [["endpoint": "/*", "kind": "delay", "ms": 50]]))
  }

  private func arm(_ cell: HaltCell) throws {
    switch cell.fault {
    case .none, .killed: break
    case .lost:
      try rules(
        ["POST /order", "DELETE /order", "DELETE /cancel-all", "GET /data/orders"].map {
          ["endpoint": .string($0), "kind": "drop_answer", "count": 1]
        })
    case .refused:
      let nothing: JSON = ["status": 200, "body": #"{"canceled":[],"not_canceled":{}}"#]
      try rules(
        ["DELETE /order", "DELETE /cancel-all"].map {
          nothing.with("endpoint", .string($0)).with("kind", "error").with("count", $0 == "DELETE /order" ? 20 : 1)
        })
    case .silent: bench.pauseVenue()
    case .database:
      try bench.databaseAway()
      try bench.until("the outage to be noticed") { bench.control?.progress?.mode == "REDUCE_ONLY" }
    case .redis:
      bench.ownRedis?.end()
      offersThroughRecord = true
    }
  }

  /// Takes the road. Answers when; `nil` where the gateway itself has to find out.
  private func take(_ cell: HaltCell) throws -> WallTime? {
    let now = SystemClock.wall()
    switch (cell.road, cell.reason) {
    case (.file, _):
      let reason: JSON = ["reason": .string("drill")]
      try AtomicFile.write(reason.bytes, to: haltFile)
    case (.signal, _): kill(bench.gateway!.processIdentifier, SIGUSR1)
    case (.row, .person): try person.query("SELECT trip_halt('drill')")
    case (.row, _): try auditor.query("SELECT trip_halt($1)", [.text("auditor: drill of \(cell.reason.rawValue)")])
    case (.inside, .loss):
      let level = BookLevel(price: Price(micros: 10_000)!, size: Shares(whole: 50))
      let offer = BookLevel(price: Price(micros: 20_000)!, size: Shares(whole: 50))
      try bench.publishBook(yes: BookTop(bids: [level], asks: [offer]))
      return nil
    case (.inside, _):
      try rules([
        [
          "endpoint": "GET /data/*", "kind": "error", "status": 401, "count": 4,
          "body": #"{"error":"Unauthorized/Invalid api key"}"#,
        ]
      ])
      return nil
    }
    return now
  }

  /// When the gateway halted by its own log.
  private func halted() throws -> WallTime {
    guard let line = lines.first(where: { $0.message == "halt" }) else { throw BenchFailure("it never halted") }
    return line.at
  }

  /// The gateway dies at once when the halt is held by something that outlives it, and is started again.
  private func killOnceHeld() throws {
    try bench.until("the halt to be held", within: .seconds(20)) {
      if SmallFile.exists(haltFile) || SmallFile.exists(latch) { return true }
      return try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted")
    }
    try bench.killGateway()
    try bench.startGateway(wait: false)
  }

  /// Until the gateway has said whether it is flat; silence ends it too.
  private func listen(_ cell: HaltCell) throws {
    let patience: Duration = cell.road == .inside ? .seconds(15) : .seconds(4)
    try turn(atMost: patience) {
      try readLog()
      return note("halt_flat") != nil || note("not_flat") != nil
    }
  }

  private func relieve(_ cell: HaltCell) throws {
    bench.resumeVenue()
    if cell.fault == .database { try bench.databaseBack() }
    if cell.fault == .redis {
      try bench.ownRedis?.start()
      offersThroughRecord = false
    }
  }

  // MARK: Looking

  private func measure(
    _ cell: HaltCell, since begun: WallTime, _ result: inout HaltCell.Result
  ) throws {
    try bench.faults([])
    try bench.until("the halt to be in the record") {
      try bench.looker.query("SELECT halted FROM floor_state").one().bool("halted")
    }
    try bench.until("nothing to be under way", within: .seconds(20)) {
      try bench.looker.query(
        "SELECT count(*) AS n FROM order_state WHERE state IN ('SENDING', 'LIVE', 'DELAYED', 'CANCEL_SENT', 'UNKNOWN')"
      ).one().int("n") == 0
    }
    try readLog()
    try truth.read()
    let recorded = try bench.looker.query("SELECT max(created_at) AS at FROM orders").one().wall("at")
    result.admitted = milliseconds(max(recorded, truth.lastTaken ?? recorded), since: begun)
    // In the record, because whoever is not heard hears nothing either.
    let denied = try bench.looker.query(
      "SELECT min(created_at) AS at FROM intents WHERE denial = 'halted' AND created_at >= $1",
      [.text(begun.description)]
    ).one()
    result.refused = denied.isNull("at") ? nil : milliseconds(try denied.wall("at"), since: begun)
    result.open = truth.open(at: begun)
    result.closed = truth.emptySince.map { max(0, milliseconds($0, since: begun)) }
    result.alarm = note("not_flat").map { milliseconds($0.at, since: begun) }
    guard let flat = note("halt_flat") else { throw BenchFailure("it never said that it is flat") }
    result.flat = milliseconds(flat.at, since: begun)
    var wrong: [String] = []
    func expect(_ holds: Bool, _ what: String) { if !holds { wrong.append(what) } }
    // The venue's own log is asked whether the word was true.
    expect(truth.emptySince.map { $0 <= flat.at } ?? false, "it said FLAT when \(truth.open(at: flat.at)) were open")
    expect(try bench.venueOpenOrders() == 0, "orders are open")
    expect(flat.detail.contains(bench.credentials["address"]!.string!), "no account in: \(flat.detail)")
    expect(flat.detail.contains("floor resume"), "no way back in: \(flat.detail)")
    let why =
      switch (cell.road, cell.reason) {
      case (.signal, _): "signal"
      case (_, .loss): "drawdown"
      case (_, .blindness): "HALT-AUTH"
      default: "drill"
      }
    expect(flat.detail.contains(why), "no reason in: \(flat.detail)")
    if cell.fault == .silent {
      expect(result.alarm != nil, "no alarm although the venue was silent")
      expect(note("not_flat")?.detail.contains("NOT FLAT") ?? false, "no clear alarm")
    } else {
      expect(result.alarm == nil, "an alarm although the venue answered: \(note("not_flat")?.detail ?? "")")
    }
    // Without the record, or the gateway, nobody writes down what is refused.
    if cell.fault != .database, cell.fault != .killed { expect(result.refused != nil, "no wish was refused") }
    try bench.until("both words to be in the record") {
      try bench.looker.query(
        "SELECT count(*) AS n FROM system_events WHERE component = 'gateway' AND event_type IN ('halt_flat', 'not_flat') AND timestamp >= $1",
        [.text(begun.description)]
      ).one().int("n") >= (result.alarm == nil ? 1 : 2)
    }
    result.problems += wrong
  }

  // MARK: Back

  /// A person resumes.
  private func reopen() throws {
    if SmallFile.exists(haltFile) { try FileManager.default.removeItem(atPath: haltFile) }
    // A gateway that was born meanwhile knows the agent by its grant only.
    try bench.until("the gateway to be ready", within: .seconds(20)) { bench.control?.progress?.isReady ?? false }
    try bench.grant()
    try bench.boss.query("SELECT resume_floor('drill is over', $1)", [.int(bench.bossEpoch)])
    try bench.boss.query("SELECT set_mode('ACTIVE', 'ready', $1)", [.int(bench.bossEpoch)])
    try bench.until("the mode to be ACTIVE", within: .seconds(20)) {
      // A gateway whose bus has just come back has missed the book before.
      try bench.publishBook()
      return bench.control?.progress?.mode == "ACTIVE"
    }
    guard !SmallFile.exists(latch) else { throw BenchFailure("the latch outlives the halt") }
  }
}
