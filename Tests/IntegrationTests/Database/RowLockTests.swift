import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Synchronization
import Testing

/// What two sessions at once may not do, without leaving it to chance: the second asks while the first has not committed yet.
@Suite("Row locks", .ownThread)
struct RowLockTests {
  private final class Answer: Sendable {
    let value = Mutex<Result<JSON, any Error>?>(nil)
  }

  /// The answer of `second`, which is asked inside the open transaction of `first`; that one commits as soon as the other waits for it, or has
  /// not waited.
  private func answer(
    _ floor: DatabaseFloor, whileOpen first: (sql: StaticString, values: [SQLValue]), of session: BlockingDatabase,
    as role: String, _ second: @escaping @Sendable (BlockingDatabase) throws -> JSON
  ) throws -> JSON {
    let looker = try floor.database.openAsAdministrator()
    var settings = floor.database.settings(role: role)
    settings.lockTimeout = .seconds(20)
    settings.statementTimeout = .seconds(20)
    settings.applicationName = "second"
    let answer = Answer()
    try session.transaction {
      try session.query(first.sql, first.values)
      Thread.detachNewThread { [settings] in
        let result = Result {
          try second(BlockingDatabase(settings, connectTimeout: .seconds(10), timeout: .seconds(25)))
        }
        answer.value.withLock { $0 = result }
      }
      try eventuallyTrue("the second to wait or to be answered") {
        try answer.value.withLock { $0 != nil }
          || looker.query(
            """
            SELECT count(*) AS n FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'second' AND wait_event_type = 'Lock'
            """
          ).one().int("n") == 1
      }
    }
    return try eventually("the second's answer", within: .seconds(30)) { answer.value.withLock { $0 } }.get()
  }

  @Test("an allocation that is asked for while another is not committed is compared with both")
  func allocations() throws {
    let floor = try DatabaseFloor(capital: "1000", allocationCap: "400")
    for name in ["one", "two"] { try floor.hire(name, allocation: "1") }
    let epoch = floor.bossEpoch
    let second = try answer(
      floor, whileOpen: ("SELECT allocate('one', 250, $1)", [.int(epoch)]), of: floor.boss, as: "floor_boss"
    ) { session in
      try session.query("SELECT allocate('two', 250, $1) AS j", [.int(epoch)]).one().json("j")
    }
    #expect(second["reason"] == "allocation_cap")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("an intent that comes while its agent's next birth is not committed is fenced")
  func births() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let wish = try floor.intent(
      "one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10")
    let second = try answer(
      floor, whileOpen: ("SELECT begin_agent_epoch('one', $1, 'test')", [.int(floor.bossEpoch)]), of: floor.boss,
      as: "floor_gateway"
    ) { session in try session.query("SELECT submit_intent($1) AS j", [.json(wish)]).one().json("j") }
    #expect(second["reason"] == "agent_fenced")
    #expect(try floor.gateway.query("SELECT count(*) AS n FROM orders").one().int("n") == 0)
  }

  @Test("an intent that comes while a halt is not committed is refused")
  func halts() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "100")
    try floor.market("m-1")
    let wish = try floor.intent(
      "one.1", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10")
    let second = try answer(
      floor, whileOpen: ("SELECT trip_halt('test')", []), of: floor.boss, as: "floor_gateway"
    ) { session in try session.query("SELECT submit_intent($1) AS j", [.json(wish)]).one().json("j") }
    #expect(second["reason"] == "halted")
  }

  @Test("the last of an agent's allocation goes to the first of two intents at once")
  func reservations() throws {
    let floor = try DatabaseFloor()
    let epoch = try floor.hire("one", allocation: "10")
    try floor.market("m-1")
    let wishes = try ["one.1", "one.2"].map {
      try floor.intent($0, agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "12")
    }
    let second = try answer(
      floor, whileOpen: ("SELECT submit_intent($1)", [.json(wishes[0])]), of: floor.gateway, as: "floor_gateway"
    ) { session in try session.query("SELECT submit_intent($1) AS j", [.json(wishes[1])]).one().json("j") }
    #expect(second["reason"] == "allocation")
    #expect(try floor.brokenInvariants() == [])
  }

  @Test("an order in a category in which another is not committed yet is compared with both")
  func rules() throws {
    let floor = try DatabaseFloor()
    let names = ["one", "two"]
    let epochs = try names.map { try floor.hire($0, allocation: "100") }
    let limits: JSON = [["scope": "category", "name": .null, "cap": "12", "code": "category_limit"]]
    let wishes = try names.indices.map { index in
      try floor.market("m-\(index)")
      return try floor.intent(
        "\(names[index]).1", agent: names[index], epoch: epochs[index], market: "m-\(index)", side: "BUY", price: "0.5",
        size: "20", changes: [("limits", limits)])
    }
    // Another has been there before: the row to wait at is known.
    let first = try floor.submit(wishes[0].with("intent", "one.0").with("size", "2").with("worst", "1"))
    #expect(first["outcome"] == "accepted")
    let second = try answer(
      floor,
      whileOpen: (
        "SELECT submit_intent($1)", [.json(wishes[0].with("order_id", .string(floor.newOrderID())))]
      ), of: floor.gateway, as: "floor_gateway"
    ) { session in try session.query("SELECT submit_intent($1) AS j", [.json(wishes[1])]).one().json("j") }
    #expect(second["reason"] == "category_limit")
    #expect(second["detail"] == "category crypto 11 open, 10 wanted, cap 12")
    #expect(try floor.brokenInvariants() == [])
  }
}
