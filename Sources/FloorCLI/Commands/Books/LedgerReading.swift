import FloorIOData
import Shared

/// The ledger's tables.
struct LedgerReading {
  let database: BlockingDatabase

  /// What of the ledger is asked for.
  enum Scope: Hashable {
    case all
    case account(String)
    /// Those that an order, intent or trade caused: `kind/ref` each.
    case bookings([String])

    var hasBalances: Bool { if case .bookings = self { false } else { true } }
  }

  /// Agents by account and outcomes by token, for people.
  struct Names {
    let agents: [String: String]
    let outcomes: [String: String]

    func agent(_ account: String) -> String? { agents[account] }
    func account(_ account: String) -> String { agents[account].map { "\($0) (\(account))" } ?? account }
    func asset(_ asset: String) -> String { outcomes[asset] ?? asset }
  }

  func scope(_ word: String?) throws -> Scope {
    guard let word else { return .all }
    if ["treasury", "venue", "fees", "external"].contains(word) || word.hasPrefix("agent:") {
      let isKnown = try database.query(
        "SELECT EXISTS (SELECT FROM ledger_balances WHERE account = $1) AS is_known", [.text(word)]
      ).one().bool("is_known")
      guard isKnown || !word.hasPrefix("agent:") else {
        throw FloorFailure(.refused, "the ledger has no account \(word); floor ledger lists them")
      }
      return .account(word)
    }
    if let agent = try database.query("SELECT id FROM agents WHERE name = $1", [.text(word)]).first {
      return .account("agent:\(try agent.int("id"))")
    }
    let explain = ExplainReading(database: database)
    let stories = try explain.intents(of: try explain.subject(word)).map { try explain.facts($0) }
    // A settlement pays for a whole round trip: it belongs to each of its orders, and is shown once.
    return .bookings(stories.flatMap { $0.bookings.map { $0["tx_id"] } })
  }

  /// All accounts and assets, with the sum of their entries.
  func sheet() throws -> LedgerSheet {
    let rows = try database.query(
      """
      SELECT account, asset, coalesce(b.balance, 0) AS balance, coalesce(e.total, 0) AS total, coalesce(e.entries, 0) AS entries
        FROM ledger_balances b
        FULL JOIN (SELECT account, asset, sum(amount) AS total, count(*) AS entries FROM ledger_entries GROUP BY 1, 2) e
       USING (account, asset) ORDER BY asset <> 'USD', account, asset
      """)
    return LedgerSheet(
      balances: try rows.map { row in
        // Shares have the same six decimals as dollars.
        LedgerSheet.Balance(
          account: try row.text("account"), asset: try row.text("asset"), balance: try row.usd("balance").micros,
          total: try row.usd("total").micros, entries: try row.int("entries"))
      })
  }

  /// The lines of the newest bookings, oldest first.
  func bookings(_ scope: Scope, since: WallTime, limit: Int) throws -> Rows {
    var account = SQLValue.null
    var numbers = SQLValue.null
    switch scope {
    case .all: break
    case .account(let name): account = .text(name)
    case .bookings(let list): numbers = .array(list.map { .text($0) })
    }
    return try database.query(
      """
      SELECT t.tx_id, t.booked_at, t.market_at, t.kind, t.ref, e.line, e.account, e.asset, e.amount
        FROM (SELECT * FROM ledger_transactions t
               WHERE t.booked_at >= $1 AND ($3::text IS NULL OR EXISTS (SELECT FROM ledger_entries x WHERE x.tx_id = t.tx_id AND x.account = $3))
                 AND ($4::bigint[] IS NULL OR t.tx_id = ANY ($4::bigint[]))
               ORDER BY t.tx_id DESC LIMIT $2) t
        JOIN ledger_entries e USING (tx_id) ORDER BY t.tx_id, e.line
      """, [.time(since), .int(limit), account, numbers])
  }

  func names() throws -> Names {
    var agents: [String: String] = [:]
    for row in try database.query("SELECT id, name FROM agents") {
      agents["agent:\(try row.int("id"))"] = try row.text("name")
    }
    var outcomes: [String: String] = [:]
    for row in try database.query(
      """
      SELECT token_id, outcome || ' of ' || slug AS name FROM tokens
       WHERE token_id IN (SELECT asset FROM ledger_balances)
      """)
    { outcomes[try row.text("token_id")] = try row.text("name") }
    return Names(agents: agents, outcomes: outcomes)
  }
}
