import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared

/// A gateway at a venue whose books stand still, and an agent that plays a list while something is away. One thread.
final class OutageFloor {
  /// What the venue's truth log and the floor's ledger say in the end.
  struct Books: Hashable, CustomStringConvertible {
    /// Of each order that was filled: what moved, in the order in which it was taken. In millionths.
    var fills: [TruthReader.Part] = []
    var balances: [String: Int64] = [:]
    var ledger: [String: Int64] = [:]
    var description: String { "\(fills.count) fills \(fills), venue \(balances), ledger \(ledger)" }
  }

  let outage: Outage
  let bench: GatewayBench
  private let truth: TruthReader
  private let script: OutageScript
  private var isAway = false
  /// Modes of the gateway while something was away.
  private(set) var modes: Set<String> = []
  /// Steps that were done while something was away.
  private(set) var doneMeanwhile: [OutageScript.Step] = []
  private var resting: IntentID?

  init(_ outage: Outage, _ script: OutageScript, recording: String) throws {
    self.outage = outage
    self.script = script
    bench = try GatewayBench(
      venueArguments: ["--source", "frames", recording, "--mined-ms", "40", "--confirmed-ms", "90"], hasOwnRedis: true)
    bench.slugWanted = { $0.windowStart != nil }
    truth = TruthReader(path: bench.directory.path + "/venue/truth.jsonl")
    bench.extraConfiguration = [
      .init("market", ["stale_after_ms": 900_000]),
      .init(
        "limits",
        [
          "per_trade_pct": "10", "per_agent_pct": "50", "system_pct": "80", "orders_per_min": 60_000,
          "loss_streak_count": 1000, "daily_loss_pct": "50", "drawdown_pct": "50",
        ]),
    ]
    try bench.startGateway()
    try bench.open(allocation: "400")
    bench.knownClock = SimClock.clock(try bench.get("/sim/clock"))
  }

  // MARK: Playing

  /// Plays the list; in the middle of it something is away for so long.
  func play(for length: Duration) throws -> Books {
    for step in script.steps[..<script.breaks] { try take(step) }
    var rest = script.steps[script.breaks...]
    if outage != .nothing {
      try lose()
      let begun = SystemClock.monotonic()
      let end = begun.advanced(by: length)
      let many = script.meanwhile
      for number in 0..<many {
        guard SystemClock.monotonic() < end, let step = rest.first else { break }
        guard try take(step, until: end) else { break }
        rest.removeFirst()
        doneMeanwhile.append(step)
        try wait(until: begun.advanced(by: length * (number + 1) / many))
      }
      try wait(until: end)
      try restore()
    }
    for step in rest { try take(step) }
    return try quiet()
  }

  private func wait(until end: MonotonicTime) throws {
    while SystemClock.monotonic() < end { try turn() }
  }

  private func turn() throws {
    try bench.loop.turn(timeout: .milliseconds(5))
    if isAway, let mode = bench.control?.progress?.mode { modes.insert(mode) }
  }

  /// One step until the venue has done it: the same intent again while nobody answers, another one after a refusal.
  /// - Parameter end: when to give up waiting; the step is taken up again by the next call.
  @discardableResult
  private func take(_ step: OutageScript.Step, until end: MonotonicTime? = nil) throws -> Bool {
    let limit = end ?? SystemClock.monotonic().advanced(by: .seconds(60))
    try truth.read()
    let known = begun ?? (taken: Set(truth.taken.keys), wish: nil)
    var wish = try known.wish ?? self.wish(step)
    var next = SystemClock.monotonic()
    while true {
      try truth.read()
      if try isDone(step, wish, since: known.taken) {
        begun = nil
        if case .rest = step { resting = wish.terms.intent }
        if step == .cancel { resting = nil }
        return true
      }
      let now = SystemClock.monotonic()
      guard now < limit else {
        begun = (known.taken, wish)
        if end != nil { return false }
        throw BenchFailure("\(step) is never done; events \(bench.events(of: wish.terms.intent))\n\(bench.tail())")
      }
      let denied = bench.events(of: wish.terms.intent).contains { $0.event == .denied || $0.event == .rejected }
      if try denied || isDeniedInRecord(wish) {
        wish = try self.wish(step)
        next = now
      }
      if now >= next {
        try send(wish)
        next = now.advanced(by: .milliseconds(500))
      }
      try turn()
    }
  }

  /// A step that an outage's end has interrupted: what was known before it, and its wish.
  private var begun: (taken: Set<String>, wish: IntentMessage?)?

  private func isDone(_ step: OutageScript.Step, _ wish: IntentMessage, since known: Set<String>) throws -> Bool {
    let new = truth.taken.keys.filter { !known.contains($0) }
    switch step {
    case .rest: return !new.isEmpty
    case .take(_, _, let size):
      return new.contains { order in
        truth.parts.filter { $0.key.order == order }.reduce(0) { $0 + $1.value.shares } == size.micros
      }
    case .cancel: return try bench.venueOpenOrders() == 0
    }
  }

  private func isDeniedInRecord(_ wish: IntentMessage) throws -> Bool {
    try bench.looker.query(
      "SELECT count(*) AS n FROM intents WHERE id = $1 AND result = 'denied'", [.id(wish.terms.intent)]
    ).one().int("n") > 0
  }

  private func wish(_ step: OutageScript.Step) throws -> IntentMessage {
    func price(_ cents: Int64) -> Price { Price(micros: cents * 10_000)! }
    switch step {
    case .take(let side, let outcome, let size):
      // Books are mirrored: both outcomes are bid 0.48 and offered at 0.52.
      return try bench.wish(side, outcome, price: price(side == .buy ? 53 : 47), size: size, useful: .seconds(800))
    case .rest(let outcome, let size):
      return try bench.wish(
        .buy, outcome, price: price(40), size: size, type: .goodTillCancelled, useful: .seconds(800))
    case .cancel:
      return try bench.wish(price: price(40), size: Shares(whole: 5), useful: .seconds(800), cancels: resting)
    }
  }

  private func send(_ wish: IntentMessage) throws {
    if isAway, outage.takesRedis {
      // Without Redis agents offer through the record, and without both nobody hears them.
      if !outage.takesDatabase { try bench.looker.query("SELECT offer_intent($1)", [.json(wish.json)]) }
    } else if bench.agentBus.isConnected {
      bench.agentBus.publish(Names.intents, wish.json.bytes)
    }
  }

  // MARK: Going away and coming back

  private func lose() throws {
    if outage == .disk { try limitFiles("0") }
    if outage.takesRedis { bench.ownRedis?.end() }
    if outage.takesDatabase { try bench.databaseAway() }
    if outage == .full { try bench.looker.execute(script: Self.fill) }
    if outage.takesRecord {
      // New risk stops at once.
      try bench.until("entries to stop", within: .seconds(3)) { bench.control?.progress?.mode == "REDUCE_ONLY" }
    }
    isAway = true
  }

  private func restore() throws {
    isAway = false
    if outage == .disk { try limitFiles("unlimited") }
    if outage.takesRedis { try bench.ownRedis?.start() }
    if outage.takesDatabase { try bench.databaseBack() }
    if outage == .full { try bench.looker.execute(script: "DROP FUNCTION disk_full() CASCADE") }
    try bench.until("the mode to be ACTIVE again", within: .seconds(20)) {
      bench.control?.progress?.mode == "ACTIVE" && bench.agentBus.isConnected
    }
    try bench.publishBook()
  }

  /// What the gateway hears of a server whose disk is full: every write is refused in its words.
  private static let fill = """
    CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF session_user = 'floor_gateway' THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
      END IF;
      RETURN NULL;
    END $$;
    DO $$
    DECLARE r record;
    BEGIN
      FOR r IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE 'CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE OR DELETE ON ' || r.name || ' FOR EACH STATEMENT EXECUTE FUNCTION disk_full()';
      END LOOP;
    END $$
    """

  /// How large the gateway's files may grow: with nothing the kernel refuses what a full disk would refuse.
  private func limitFiles(_ size: String) throws {
    let done = try Command.run(
      "/usr/bin/prlimit", ["--pid", String(bench.gateway!.processIdentifier), "--fsize=\(size):unlimited"],
      timeout: .seconds(5))
    guard done.succeeded else { throw BenchFailure("prlimit: \(done.text)") }
  }

  // MARK: The end

  /// Waits until nothing is under way, and record and truth log agree; then what they say.
  private func quiet() throws -> Books {
    var wrong: [String] = []
    var record = try RecordReader(bench.looker)
    try bench.until("the books to be the venue's: \(wrong)", within: .seconds(40)) {
      try truth.read()
      record = try RecordReader(bench.looker)
      wrong = CrashOracle.pending(truth, record) + CrashOracle.differences(truth, record)
      return wrong.isEmpty
    }
    let sum = try bench.sumTruth(at: truth.path)
    guard sum.status == 0 else { throw BenchFailure("the independent sum: \(sum.output)") }
    let broken = try bench.database.brokenInvariants()
    guard broken.isEmpty else { throw BenchFailure("broken invariants: \(broken.joined(separator: "; "))") }
    guard record.count("UNKNOWN") == 0 else { throw BenchFailure("orders of unknown outcome are left") }
    guard try SmallFile.read(bench.directory.path + "/state/journal/gateway.journal", bytesMax: 1 << 20).isEmpty else {
      throw BenchFailure("the journal is not emptied")
    }
    var fills: [TruthReader.Part] = []
    for line in try bench.truth() where line["kind"] == "trade" {
      for part in [line["taker"]].compactMap({ $0 }) + (line["makers"]?.array ?? []) where part["account"]?.int == 0 {
        guard let shares = part["shares"]?.int, let cash = part["cash"]?.int, let fee = part["fee"]?.int else {
          throw BenchFailure(line.text)
        }
        fills.append(TruthReader.Part(shares: shares, cash: cash, fee: fee))
      }
    }
    return Books(fills: fills, balances: truth.balances.filter { $0.value != 0 }, ledger: record.ledger)
  }
}
