import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import FloorCLI

/// `floor why`, `explain`, `ledger` and `limits` as the operator's role, on a record that the real functions made. No process of a floor runs.
@Suite struct OperatorCommandTests {
  private static let market = "btc-updown-5m-1700000000"
  private let record: DatabaseFloor
  private let directory: TemporaryDirectory
  private let epoch: Int64
  private let agent: Int64
  private let order: String

  /// One agent with one order that was bought, settled at one dollar, and closed as round trip; one refusal of the gate, one of the
  /// record, one order that the venue refused; its own counts beside them.
  init() throws {
    directory = try TemporaryDirectory()
    record = try DatabaseFloor()
    epoch = try record.hire("alpha", allocation: "100")
    try record.market(Self.market)
    agent = try record.boss.query("SELECT id FROM agents WHERE name = 'alpha'").one().int("id")
    let wish = try record.intent(
      Self.id(1, epoch), agent: "alpha", epoch: epoch, market: Self.market, side: "BUY", price: "0.52", size: "20",
      worst: "10.8")
    order = wish["order_id"]?.string ?? ""
    #expect(try record.submit(wish)["outcome"] == "accepted")
    #expect(try record.advance(order, "LIVE")["outcome"] == "advanced")
    #expect(try record.fill(order, trade: "trade-1", price: "0.50", size: "20", fee: "0.35")["outcome"] == "recorded")
    #expect(
      try record.fill(order, trade: "trade-1", price: "0.50", size: "20", fee: "0.35", status: "CONFIRMED")["outcome"]
        == "duplicate")
    let dear = try record.intent(
      Self.id(2, epoch), agent: "alpha", epoch: epoch, market: Self.market, side: "BUY", price: "0.52", size: "50",
      changes: [("denied", ["reason": "per_trade_limit", "detail": "cost_usd=26 used_usd=0 limit_usd=20"])])
    #expect(try record.submit(dear)["outcome"] == "denied")
    let large = try record.intent(
      Self.id(3, epoch), agent: "alpha", epoch: epoch, market: Self.market, side: "BUY", price: "0.52", size: "300")
    #expect(try record.submit(large)["reason"] == "allocation")
    let refused = try record.intent(
      Self.id(4, epoch), agent: "alpha", epoch: epoch, market: Self.market, side: "BUY", price: "0.40", size: "10")
    #expect(try record.submit(refused)["outcome"] == "accepted")
    #expect(try record.advance(refused["order_id"]?.string ?? "", "REJECTED")["outcome"] == "advanced")
    try writeCounts()
    #expect(try record.settle(Self.market, payoutYes: "1")["outcome"] != nil)
  }

  private static func id(_ number: Int64, _ epoch: Int64) -> String {
    "alpha.\(epoch * AgentCore.decisionsPerEpoch + number)"
  }

  /// As the agent itself writes them: 4 signals, 6 refusals in two rows, 2 more in none yet, 90 quiet.
  private func writeCounts() throws {
    let role = try record.boss.query("SELECT db_role FROM agents WHERE name = 'alpha'").one().text("db_role")
    let session = try record.database.open(as: role)
    for number in 1...4 {
      try session.query(
        """
        INSERT INTO decisions (agent_id, epoch, kind, reason, market, outcome, intent_id, detail, market_ns, market_at, number)
        VALUES ($1, $2, 'signal', 'momentum_up', $3, 'YES', $4, '{"rate": "0.004"}', $5, wall_from_ns($5), $6)
        """,
        [
          .integer(agent), .integer(epoch), .text(Self.market), .text(Self.id(Int64(number), epoch)),
          .integer(DatabaseFloor.now), .int(number),
        ])
    }
    for (number, reason, count) in [(5, "cooldown", 4), (6, "spread_too_wide", 2)] {
      try session.query(
        """
        INSERT INTO decisions (agent_id, epoch, kind, reason, market, detail, count, number)
        VALUES ($1, $2, 'refusal', $3, $4, '{"spread": "0.2"}', $5, $6)
        """, [.integer(agent), .integer(epoch), .text(reason), .text(Self.market), .int(count), .int(number)])
    }
    try count(session, evaluations: 102)
  }

  private func count(_ session: BlockingDatabase, evaluations: Int) throws {
    try session.query(
      """
      INSERT INTO evaluation_counts (agent_id, epoch, slot, evaluations, quiet, refused, signals, reasons, unreported, decisions)
      VALUES ($1, $2, date_bin('5 minutes', clock_timestamp(), 'epoch'), $3, 90, 8, 4, '{"cooldown": 6, "spread_too_wide": 2}', 2, 6)
      ON CONFLICT (agent_id, epoch, slot) DO UPDATE SET evaluations = excluded.evaluations
      """, [.integer(agent), .integer(epoch), .int(evaluations)])
  }

  private func floor(_ words: String...) throws -> Command.Output { try floor(words) }

  private func floor(_ words: [String]) throws -> Command.Output {
    let servers = record.database.servers
    var environment = ChildSpecification.allowedEnvironment()
    environment["PGPASSWORD"] = servers.databasePassword("floor_operator").reveal()
    return try Command.run(
      try Siblings.path("floor"),
      words + [
        "--state", directory.path, "--run", directory.path, "--host", servers.runDirectory, "--database",
        record.database.name, "--user", "floor_operator",
      ], environment: environment, timeout: .seconds(60))
  }

  private func json(_ words: String...) throws -> JSON {
    let output = try floor(words[0], words.count > 1 ? words[1] : "--json", "--json")
    #expect(output.succeeded, "\(output.text)")
    return try JSON.parse(output.text, limits: JSONLimits(bytes: 1 << 20))
  }

  // MARK: Why

  @Test("why: the ends of all evaluations add up, from the agent's own guards to the venue") func why() throws {
    let answer = try json("why", "alpha")
    #expect(answer["evaluations"]?.int == 102 && answer["sum"]?.int == 102 && answer["adds_up"] == true)
    let lines = Dictionary(
      uniqueKeysWithValues: (answer["lines"]?.array ?? []).map { ($0["key"]?.string ?? "", $0["count"]?.int ?? -1) })
    #expect(lines["evaluations.quiet"] == 90 && lines["evaluations.agent.cooldown"] == 6)
    #expect(lines["evaluations.wanted"] == 4 && lines["evaluations.wanted.gate.per_trade_limit"] == 1)
    #expect(lines["evaluations.wanted.record.allocation"] == 1 && lines["evaluations.wanted.venue.rejected"] == 1)
    #expect(lines["evaluations.wanted.traded"] == 1)
    let text = try floor("why", "alpha", "--since", "1h", "--markets")
    for words in ["sum of all ends: 102 of 102 evaluations", "it adds up", "cost_usd=26", "spread=0.2", Self.market] {
      #expect(text.text.contains(words), "\(words) in \(text.text)")
    }
  }

  @Test("why: a lost evaluation is said and is an exit status; nobody of that name is another") func whyNot() throws {
    let role = try record.boss.query("SELECT db_role FROM agents WHERE name = 'alpha'").one().text("db_role")
    try count(try record.database.open(as: role), evaluations: 105)
    let output = try floor("why", "alpha")
    #expect(output.status == .code(1))
    #expect(output.text.contains("DOES NOT ADD UP: 105 evaluations, and 102 are accounted for"))
    let nobody = try floor("why", "nobody")
    #expect(nobody.status == .code(1) && nobody.text.contains("there is no agent nobody"))
    #expect(try floor("why").status == .code(64))
    #expect(try floor("why", "alpha", "--since", "soon").status == .code(64))
    #expect(try floor("why", "alpha", "--since", "2030-01-01T00:00").text.contains("nothing was evaluated since"))
  }

  // MARK: Explain

  @Test("explain: from the signal to the result, by the order's id, its beginning, its intent, its trade")
  func explain() throws {
    let trade = try record.boss.query("SELECT id FROM trades").one().int("id")
    let whole = try floor("explain", order)
    #expect(whole.succeeded, "\(whole.text)")
    let parts = [
      "wanted to buy 20 YES of \(Self.market) at most 0.52", "momentum_up rate=0.004", "10.80 USD reserved",
      "SENDING → LIVE", "bought 20 at 0.5 = 10.00 USD, fee 0.35 USD", "agent alpha -10.35 USD", "fees +0.35 USD",
      "trade trade-1 is CONFIRMED", "20 shares at 1 pay 20.00 USD", "result +9.65 USD", "2023-11-14 22:14:10.000",
    ]
    for part in parts { #expect(whole.text.contains(part), "\(part) in \(whole.text)") }
    #expect(try floor("explain", Self.id(1, epoch)).text == whole.text)
    #expect(try floor("explain", "trade-1").text == whole.text)
    #expect(try floor("explain", String(trade)).text == whole.text)
    #expect(try floor("explain", String(order.dropLast(1))).status == .code(64))
    #expect(try floor("explain", "trade-").text == whole.text)
    let story = try json("explain", order)["stories"]?.array?.first
    #expect(story?["trades"]?.array?.first?["pnl"]?.string == "9.650000")
  }

  @Test("explain: the story is the same once the auditor has chained what happened") func chained() throws {
    let before = try floor("explain", order)
    let auditor = try record.database.open(as: "floor_auditor")
    _ = try auditor.query("SELECT chain_audit(1000)")
    #expect(try floor("explain", order).text == before.text)
  }

  @Test("explain: a refused intent has its story; what nobody knows and what is ambiguous are one error each")
  func explainRefusals() throws {
    let refused = try floor("explain", Self.id(2, epoch))
    #expect(refused.text.contains("the risk gate") && refused.text.contains("cost_usd=26 used_usd=0 limit_usd=20"))
    #expect(try floor("explain", Self.id(3, epoch)).text.contains("the record"))
    let unknown = try floor("explain", "0xffff")
    #expect(unknown.status == .code(1) && unknown.text.contains("knows no order"))
    let ambiguous = try floor("explain", "alpha.")
    #expect(ambiguous.status == .code(64) && ambiguous.text.contains("ambiguous"))
    #expect(ambiguous.text.split(separator: "\n").count == 1)
  }

  // MARK: Ledger, limits

  @Test("ledger: every account with its balance, the bookings of one order, and sums that are zero") func ledger()
    throws
  {
    let all = try json("ledger")
    #expect(all["agrees"] == true && all["wallet_usd"]?.string == "1009.65")
    #expect(all["sums"]?.members?.allSatisfy { $0.value.string == "0" } == true)
    let balances = all["balances"]?.array ?? []
    #expect(balances.contains { $0["agent"] == "alpha" && $0["balance"]?.string == "109.65" })
    #expect(balances.contains { $0["account"] == "fees" && $0["balance"]?.string == "0.35" })
    let one = try floor("ledger", "alpha")
    #expect(one.text.contains("alpha (agent:\(agent))") && !one.text.contains("external  "))
    let booked = try json("ledger", order)["entries"]?.array ?? []
    #expect(Set(booked.compactMap { $0["kind"]?.string }) == ["fill", "settle"])
    #expect(try floor("ledger", "fees").text.contains("each asset sums to zero"))
    #expect(try floor("ledger", "nothing-like-it").status == .code(1))
    #expect(try floor("ledger", "--since", "2030-01-01T00:00").text.contains("(none)"))
  }

  @Test("ledger: a balance that is not the sum of its entries is named, and is an exit status") func brokenLedger()
    throws
  {
    try record.database.openAsAdministrator().query(
      "UPDATE ledger_balances SET balance = balance + 1 WHERE account = 'fees'")
    let output = try floor("ledger")
    #expect(output.status == .code(1))
    #expect(output.text.contains("USD does not sum to zero: 1") && output.text.contains("fees USD: balance 1.35"))
  }

  @Test("limits: use, room and what binds, from the configuration and the record") func limits() throws {
    let config = Repository.root + "/config/floor.yaml"
    let output = try floor("limits", "alpha", "--config", config, "--json")
    #expect(output.succeeded, "\(output.text)")
    let answer = try JSON.parse(output.text)
    let next = answer["next_entry"]?.array?.first
    #expect(next?["may"] == true && next?["binds"]?.string == "per_trade_limit" && next?["at_most_usd"]?.string == "20")
    let allocation = answer["limits"]?.array?.first { $0["code"] == "allocation" }
    #expect(allocation?["allowed"]?.string == "100.00" && allocation?["used"]?.string == "0.00")
    try record.boss.query("SELECT set_mode('REDUCE_ONLY', 'test', $1)", [.integer(record.bossEpoch)])
    let text = try floor("limits", "--config", config)
    #expect(text.text.contains("alpha: no entry: mode REDUCE_ONLY: test"), "\(text.text)")
    #expect(try floor("limits", "nobody", "--config", config).status == .code(1))
  }

  @Test("limits: what breakers hold is taken back for one agent or strategy that there is, and for nothing else")
  func resets() throws {
    let config = Repository.root + "/config/floor.yaml"
    for subject in ["agent:alpha", "strategy:momentum"] {
      let output = try floor("limits", "--reset", subject, "--config", config)
      #expect(output.succeeded, "\(output.text)")
    }
    let rows = try record.boss.query("SELECT scope, name, requested_by FROM breaker_resets ORDER BY id").map {
      "\(try $0.text("scope")):\(try $0.text("name")) \(try $0.text("requested_by"))"
    }
    #expect(rows == ["agent:alpha floor_operator", "strategy:momentum floor_operator"])
    #expect(try floor("limits", "--reset", "agent:nobody", "--config", config).status == .code(1))
    for subject in ["alpha", "floor:all", "agent"] {
      let output = try floor("limits", "--reset", subject, "--config", config)
      #expect(output.status == .code(64) && output.text.contains("agent:NAME or strategy:NAME"), "\(output.text)")
    }
    #expect(try record.boss.query("SELECT count(*) AS n FROM breaker_resets").one().int("n") == 2)
  }

  @Test(
    "ledger: money brought or taken by hand is booked once for each reference, exactly, and what does not read is not")
  func declaredMoney() throws {
    func treasury() throws -> USD {
      try record.boss.query("SELECT account_balance('treasury') AS b").one().usd("b")
    }
    let before = try treasury()
    #expect(try floor("ledger", "--deposit", "12.345678", "--ref", "bank-1").succeeded)
    #expect(try treasury() == before + USD(parsing: "12.345678"))
    #expect(try floor("ledger", "--deposit", "12.345678", "--ref", "bank-1").status == .code(1))
    #expect(try floor("ledger", "--withdrawal", "2.345678", "--ref", "bank-1").succeeded)
    for words in [
      ["--deposit", "0", "--ref", "x"], ["--deposit", "-1", "--ref", "x"], ["--deposit", "1.1234567", "--ref", "x"],
      ["--deposit", "1"], ["--ref", "x"], ["--deposit", "1", "--withdrawal", "1", "--ref", "x"],
      ["--deposit", "1", "--ref", "not a word"],
    ] {
      let output = try floor(["ledger"] + words)
      #expect(output.status == .code(64), "\(words): \(output.text)")
    }
    #expect(try treasury() == before + USD(dollars: 10))
    #expect(try record.brokenInvariants() == [])
  }

  // MARK: Reconcile

  /// The gateway's part, beside the program that asks: takes the next question and answers it.
  private func answer(differences: JSON) {
    let settings = record.database.settings(role: "floor_gateway")
    let epoch = record.gatewayEpoch
    Thread {
      do {
        let gateway = try BlockingDatabase(settings)
        let id = try eventually("a question", within: .seconds(20)) { () -> Int64? in
          let row = try gateway.query("SELECT take_reconciliation($1) AS id", [.integer(epoch)]).one()
          return row.isNull("id") ? nil : try row.int("id")
        }
        let outcome: JSON = [
          "id": .int(id), "why": "asked", "began": .text(SystemClock.wall()), "gateway_epoch": .int(epoch),
          "since_ns": .int(DatabaseFloor.now), "passed": .array([]), "differences": differences,
          "compared": [
            "orders_venue": .int(3), "orders_record": .int(2), "balance_venue": "1009", "cash_record": "1009.65",
          ],
        ]
        try gateway.query("SELECT record_reconciliation($1)", [.json(outcome)])
      } catch {
        Issue.record("the gateway's part: \(error)")
      }
    }.start()
  }

  @Test("reconcile: shows the last comparison, asks for one and waits for its answer; a difference is an exit status")
  func reconcile() throws {
    let never = try floor("reconcile")
    #expect(never.status == .code(75) && never.text.contains("(none)"))
    let alone = try floor("reconcile", "--now", "--timeout", "1")
    #expect(alone.status == .code(75) && alone.text.contains("did not answer in 1 s"))
    let money = Reconciliation.Difference(.money, "USD", venue: "1009", record: "1009.65")
    let cases: [(JSON, Int32, String)] = [
      (.array([]), 0, "venue and record agree"),
      (.array([money.json]), 1, "DIFFERENCE money USD: venue 1009, record 1009.65"),
    ]
    for (differences, status, words) in cases {
      answer(differences: differences)
      let output = try floor("reconcile", "--now", "--timeout", "30")
      #expect(output.status == .code(status) && output.text.contains(words), "\(output.text)")
      #expect(output.text.contains("1009, 1009.65") && output.text.contains("3, 2"))
    }
    let shown = try floor("reconcile", "--json")
    #expect(shown.status == .code(1))
    #expect(try JSON.parse(shown.text)["comparisons"]?.array?.count == 2)
  }

  @Test("reconcile: a comparison that cannot be read does not pass for agreement") func unreadableComparison() throws {
    answer(differences: "none")
    let output = try floor("reconcile", "--now", "--timeout", "30")
    #expect(!output.succeeded && output.text.contains("is no list"), "\(output.text)")
    #expect(!output.text.contains("agree"))
  }

  @Test(
    "with PostgreSQL away each of them says so in one line and may be tried again",
    arguments: ["why", "explain", "ledger", "limits", "reconcile"])
  func away(_ name: String) throws {
    let words = ["why", "explain"].contains(name) ? [name, "alpha"] : [name]
    let output = try Command.run(
      try Siblings.path("floor"),
      words + ["--state", directory.path, "--run", directory.path, "--host", directory.path + "/nowhere"],
      timeout: .seconds(60))
    #expect(output.status == .code(75) && output.text.contains("PostgreSQL does not answer"), "\(output.text)")
  }
}
