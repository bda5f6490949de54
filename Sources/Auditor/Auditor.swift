import FloorIOData
import Shared

/// Looks at the books again and again: recomputes them, compares them with the venue's balance, chains the audit entries and verifies the
/// chain. Writes findings; trips the halt on money drift. Reads everything, writes nothing of what it audits.
final class Auditor {
  /// A pass takes at most this part of the time, so that long books do not load the server all day.
  static let restFactor = 20
  static let chainLimit = 1000

  private let process: FloorProcess
  private let database: Database
  private let interval: Duration
  private var drift: BalanceDrift
  private var chain = AuditChain()
  private var chainIsBroken = false
  private let headsPath: String
  /// The newest head that was noted before this start: the record has to lead to it.
  private var promisedHead: AuditHeads.Head?
  private var lastNoted: MonotonicTime?
  /// Heads are noted at most this often.
  static let noteInterval = Duration.seconds(10)
  /// Findings already written, so that a standing one is one row.
  private var known: Set<AuditFinding> = []
  private var isPassing = false
  private var isChaining = false
  private var passes: Int64 = 0
  private var sight = AuditSight()
  private var nextPass: TimerID?
  private var isTelling = false
  private var lastPassEnd = SystemClock.monotonic()
  /// The newest reading of the venue's balance that was judged; `nil` until it is known where to begin.
  private var lastEvidence: Int64?

  init(_ process: FloorProcess) throws {
    self.process = process
    let section = process.birth.configuration["auditor"]
    interval = .milliseconds(section?["interval_ms"]?.int ?? 5000)
    drift = BalanceDrift(span: .seconds(section?["drift_s"]?.int ?? 120))
    headsPath = AuditHeads.path(stateDirectory: process.birth.stateDirectory)
    promisedHead = try AuditHeads.read(headsPath).last
    // A pass over long books takes longer than an order's statement may.
    database = try process.database {
      $0.statementTimeout = .seconds(25)
      $0.applicationName = "auditor"
    }
    _ = try process.bus()
    // A pass ends by its own time limit at the latest; one that does not come is lost work.
    process.waiting = { [self] in
      let late = SystemClock.monotonic().since(lastPassEnd) > interval + .seconds(45)
      return database.isConnected && late ? 1 : 0
    }
    process.loop.every(.seconds(1)) { [self] in chainEntries() }
    process.loop.every(JournalPorter.interval) { [porter = JournalPorter(process)] in porter.pass() }
    database.onStateChange = { [self] isUp in
      process.note = isUp ? "" : "database away"
      lastPassEnd = SystemClock.monotonic()
      if isUp, !process.isReady { pass() }
    }
  }

  // MARK: The books

  private func pass() {
    guard !isPassing else { return }
    isPassing = true
    let began = SystemClock.monotonic()
    guard lastEvidence != nil else { return recall(began) }
    database.query(FactReader.statement, timeout: .seconds(30)) { [self] result in
      do {
        judge(try FactReader.facts(from: result.get()), took: SystemClock.monotonic().since(began))
        passed(began)
      } catch {
        failed(error)
      }
    }
  }

  /// Where an earlier auditor stopped. A finding that is written already is not written again, and does not halt again a floor that a
  /// person resumed; of the venue's balance only what can still be a drift now is read anew.
  private func recall(_ began: MonotonicTime) {
    database.batch(
      [
        (
          "SELECT DISTINCT code, subject, coalesce(expected, '') AS expected, coalesce(found, '') AS found FROM findings",
          []
        ),
        (
          """
          SELECT coalesce((SELECT max(id) - 1 FROM evidence WHERE kind = 'balance' AND at <= n.at - make_interval(secs => $1)), 0) AS start
            FROM (SELECT max(at) AS at FROM evidence WHERE kind = 'balance') n
          """, [.text(Decimal6.text(drift.span.milliseconds * 1000))]
        ),
      ], timeout: .seconds(30)
    ) { [self] result in
      do {
        let answers = try result.get()
        for row in answers[0] {
          // A code that this program does not know is none of its findings.
          guard let code = AuditFinding.Code(rawValue: try row.text("code")) else { continue }
          known.insert(
            AuditFinding(
              code, try row.text("subject"), expected: try row.text("expected"), found: try row.text("found")))
        }
        lastEvidence = try answers[1].one().int("start")
        process.log.info("findings recalled", [.int("findings", known.count), .int("evidence", lastEvidence ?? 0)])
        isPassing = false
        pass()
      } catch {
        failed(error)
      }
    }
  }

  private func passed(_ began: MonotonicTime) {
    if sight.isBlind { process.log.info("the books can be read again") }
    sight.passed()
    process.isReady = true
    process.advance()
    ended(waiting: max(interval, SystemClock.monotonic().since(began) * Auditor.restFactor))
  }

  /// Whatever the reason, nobody looks at the books now. The boss takes no new risk with an auditor that is not ready; when PostgreSQL
  /// itself is away the gateway has stopped entries long before.
  private func failed(_ error: any Error) {
    sight.failed()
    process.log.error("the books could not be read", [.error(error), .int("in_a_row", sight.failures)])
    if sight.isBlind {
      process.isReady = false
      process.note = "the books cannot be read: \(error)"
    }
    if sight.mustTell { tell("\(sight.failures) passes in a row could not read the books: \(error)") }
    ended(waiting: interval)
  }

  private func ended(waiting: Duration) {
    isPassing = false
    lastPassEnd = SystemClock.monotonic()
    if let nextPass { process.loop.cancel(nextPass) }
    nextPass = process.loop.after(waiting) { [self] in
      nextPass = nil
      pass()
    }
  }

  private func tell(_ words: String) {
    guard !isTelling else { return }
    isTelling = true
    database.query(
      "SELECT report_event('CRITICAL', 'auditor', 'auditor_blind', $1, NULL)", [.text(String(words.prefix(500)))]
    ) { [self] result in
      isTelling = false
      switch result {
      case .success: if sight.isBlind { sight.told() }
      case .failure(let error): process.log.warning("event not recorded", [.error(error)])
      }
    }
  }

  private func judge(_ facts: AuditFacts, took: Duration) {
    let report = AuditRun.report(on: facts)
    passes += 1
    process.note = "\(report.fills) fills, \(report.findings.count) findings"
    process.log.info(
      "books audited",
      [
        .int("fills", report.fills), .int("bookings", report.bookings), .int("findings", report.findings.count),
        .text("wallet_usd", Decimal6.text(report.wallet)), .milliseconds("took_ms", took),
      ])
    for finding in report.findings { write(finding) }
    // What was repaired may be found again.
    known = known.filter { report.findings.contains($0) || $0.code == .venueBalanceDiffers || $0.code == .chainBroken }
    compareWithVenue()
  }

  /// The venue's balance as the gateway read it, against the ledger as it stood at that moment.
  private func compareWithVenue() {
    guard let begin = lastEvidence else { return }
    database.query(
      """
      SELECT v.id, v.at, v.body->>'balance_usd' AS usd,
             (SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e JOIN ledger_transactions t USING (tx_id)
               WHERE t.booked_at <= v.at AND e.asset = 'USD' AND (e.account = 'treasury' OR e.account LIKE 'agent:%')) AS books,
             EXISTS (SELECT FROM positions x JOIN tokens k USING (token_id) JOIN markets m USING (slug)
                      WHERE x.shares <> 0 AND m.state <> 'RESOLVED' AND m.ends_at <= v.market_at) AS is_paying
        FROM evidence v WHERE v.kind = 'balance' AND v.id > $1 ORDER BY v.id LIMIT 20
      """, [.integer(begin)], timeout: .seconds(30)
    ) { [self] result in
      switch result {
      case .failure(let error): process.log.warning("the venue's balance could not be read", [.error(error)])
      case .success(let rows):
        do {
          for row in rows {
            let reading = BalanceDrift.Reading(
              id: try row.int("id"), at: try row.wall("at"), difference: try row.usd("usd") - row.usd("books"))
            lastEvidence = reading.id
            // What was made good may go wrong again by the same amount.
            if reading.difference == .zero { known = known.filter { $0.code != .venueBalanceDiffers } }
            // Between an outcome and its booking the venue is ahead by what it paid: that says nothing.
            if try row.bool("is_paying") { continue }
            guard let difference = drift.judge(reading) else { continue }
            write(
              AuditFinding(
                .venueBalanceDiffers, "wallet", expected: "no difference for long",
                found: "venue minus books \(difference)"))
          }
        } catch {
          process.log.error("a venue balance is not in the shape this program knows", [.error(error)])
        }
      }
    }
  }

  // MARK: Findings

  private func write(_ finding: AuditFinding) {
    guard known.insert(finding).inserted else { return }
    process.log.error(
      "finding",
      [
        .text("code", finding.code.rawValue), .text("subject", finding.subject), .text("expected", finding.expected),
        .text("found", finding.found),
      ])
    let words = "\(finding.code.rawValue): \(finding.subject): expected \(finding.expected), found \(finding.found)"
    var statements: [(sql: StaticString, values: [SQLValue])] = [
      (
        "INSERT INTO findings (run, code, severity, subject, expected, found) VALUES ($1, $2, $3, $4, $5, $6)",
        [
          .integer(passes), .text(finding.code.rawValue), .text(finding.severity), .text(finding.subject),
          .text(finding.expected),
          .text(finding.found),
        ]
      ),
      (
        "SELECT report_event($1, 'auditor', $2, $3, NULL)",
        [.text(finding.severity), .text(finding.code.rawValue), .text(words)]
      ),
    ]
    if finding.code.halts { statements.append(("SELECT trip_halt($1)", [.text("auditor: " + words)])) }
    database.batch(statements) { [self] result in
      // A finding that could not be written is found again in the next pass.
      if case .failure(let error) = result {
        known.remove(finding)
        process.log.error("a finding could not be written", [.error(error), .text("code", finding.code.rawValue)])
      }
    }
  }

  // MARK: The audit chain

  private func chainEntries() {
    guard !isChaining else { return }
    isChaining = true
    database.query("SELECT chain_audit($1) AS n", [.int(Auditor.chainLimit)], timeout: .seconds(10)) { [self] result in
      switch result {
      case .failure(let error):
        isChaining = false
        process.log.warning("the audit entries could not be chained", [.error(error)])
      case .success: verifyChain()
      }
    }
  }

  private func verifyChain() {
    database.query(
      "SELECT seq, outbox_id, at_text, actor, kind, body, prev, hash FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT 5000",
      [.integer(chain.seq)], timeout: .seconds(10)
    ) { [self] result in
      isChaining = false
      process.advance()
      switch result {
      case .failure(let error): process.log.warning("the audit chain could not be read", [.error(error)])
      case .success(let rows):
        guard !chainIsBroken, !rows.isEmpty || promisedHead != nil else { return }
        do {
          for row in rows {
            try chain.verify(AuditEntryReader.entry(row))
            try keepPromise(isEnd: false)
          }
          if rows.isEmpty { try keepPromise(isEnd: true) }
          if !rows.isEmpty { try noteHead() }
        } catch let fault as AuditChain.Fault {
          chainIsBroken = true
          write(AuditFinding(.chainBroken, "audit log", expected: "a whole chain", found: fault.description))
        } catch {
          process.log.error("the audit chain is not in the shape this program knows", [.error(error)])
        }
      }
    }
  }

  /// The head that was noted before has to stand in the record.
  private func keepPromise(isEnd: Bool) throws {
    guard let promised = promisedHead else { return }
    if chain.seq == promised.seq {
      guard AuditEntryReader.hex(chain.hash) == promised.hash else {
        throw AuditChain.Fault.headMissing(seq: promised.seq)
      }
      promisedHead = nil
    } else if isEnd {
      throw AuditChain.Fault.headMissing(seq: promised.seq)
    }
  }

  /// Outside the database, where who rewrites the record does not reach.
  private func noteHead() throws {
    let now = SystemClock.monotonic()
    if let lastNoted, now.since(lastNoted) < Auditor.noteInterval { return }
    lastNoted = now
    let head = AuditHeads.Head(
      seq: chain.seq, hash: AuditEntryReader.hex(chain.hash), at: SystemClock.wall().description)
    process.log.info("audit head", [.int("seq", head.seq), .text("hash", head.hash)])
    do { try AuditHeads.append(head, to: headsPath) } catch {
      process.log.error("the audit head could not be noted", [.error(error), .text("path", headsPath)])
    }
  }
}
