import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// The rules of fills, their states and the ledger are guards (sql/migrations/0026_lean_books.sql): they bind the owner, too.
@Suite("Guards of the books") struct BookGuardTests {
  @Test("rows that break a rule of fills, their states or the ledger are refused, whoever writes them")
  func guards() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let order = try #require(
      floor.submit(
        floor.intent("one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "20"))[
          "order_id"]?.string)
    #expect(try floor.fill(order, trade: "t", price: "0.5", size: "5")["outcome"] == "recorded")
    let administrator = try floor.database.openAsAdministrator()
    func refusal(_ sql: String) throws -> String {
      do {
        _ = try administrator.execute(script: sql)
        return "accepted"
      } catch let error as DatabaseError { return error.sqlState }
    }
    func copy(of table: String, _ changes: String) -> String {
      "INSERT INTO \(table) SELECT (x).* FROM (SELECT jsonb_populate_record(f, '{\(changes)}') AS x FROM \(table) f) y"
    }
    let other = "\"venue_trade_id\": \"u\", \"seq\": 99"
    for change in [
      "\"side\": \"HOLD\"", "\"price\": -0.1", "\"price\": 1.1", "\"size\": 0", "\"notional\": -1", "\"fee\": -1",
      "\"liquidity\": \"BOTH\"", "\"venue_trade_id\": \"\"",
    ] {
      #expect(try refusal(copy(of: "fills", other + ", " + change)) == "23514", "\(change)")
    }
    for change in ["\"status\": \"LOST\"", "\"status\": \"FAILED\"", "\"voided_at\": \"2026-01-01\""] {
      #expect(try refusal(copy(of: "fill_state", "\"venue_trade_id\": \"u\", " + change)) == "23514", "\(change)")
    }
    for change in ["status = 'LOST'", "status = 'FAILED'", "voided_at = now()"] {
      #expect(try refusal("UPDATE fill_state SET \(change)") == "23514", "\(change)")
    }
    #expect(try refusal("UPDATE fill_state SET order_id = 'x'") == "FL010")

    let booking =
      "INSERT INTO ledger_transactions (tx_id, kind, ref) VALUES (900, 'deposit', 'x'); INSERT INTO ledger_entries VALUES "
    func lines(_ lines: String) throws -> String { try refusal("BEGIN; " + booking + lines + "; ROLLBACK") }
    #expect(try lines("(900, 1, 'treasury', 'USD', 1), (900, 2, 'external', 'USD', -1)") == "accepted")
    for (text, state) in [
      ("(900, 0, 'treasury', 'USD', 1), (900, 2, 'external', 'USD', -1)", "23514"),
      ("(900, 1, 'treasury', 'USD', 0), (900, 2, 'external', 'USD', 0)", "23514"),
      ("(900, 1, 'pocket', 'USD', 1), (900, 2, 'external', 'USD', -1)", "23514"),
      ("(900, 1, 'treasury', 'EUR', 1), (900, 2, 'external', 'EUR', -1)", "23514"),
      ("(900, 1, 'treasury', '\(String(repeating: "7", count: 79))', 1)", "23514"),
      ("(901, 1, 'treasury', 'USD', 1), (901, 2, 'external', 'USD', -1)", "23514"),
      ("(900, 1, 'treasury', 'USD', 1), (900, 2, 'external', 'USD', -0.999999)", "FL011"),
      ("(900, 1, 'treasury', 'USD', 1), (900, 2, 'external', '77', -1)", "FL011"),
      ("(900, 1, 'treasury', 'USD', 1)", "FL011"),
    ] {
      #expect(try lines(text) == state, "\(text)")
      _ = try administrator.execute(script: "ROLLBACK")
    }
    #expect(try floor.brokenInvariants() == [])
    // What the foreign keys said is asked of the whole record: a fill of nothing, and one without a state, are found.
    _ = try administrator.execute(script: copy(of: "fills", other + ", \"order_id\": \"0xnothing\""))
    #expect(try floor.brokenInvariants().contains { $0.hasPrefix("a fill is of its order") })
  }
}
