import Glibc
import Shared
import Testing

@testable import FloorIOData

@Suite(.serialized) struct DatabaseTests {
  nonisolated(unsafe) private static let shared = Result { try PostgresServer() }

  private func server() throws -> PostgresServer { try unsafe Self.shared.get() }

  private final class Answers {
    var all: [Result<Rows, DatabaseError>] = []
  }

  private func ask(
    _ database: Database, _ loop: EventLoop, _ sql: StaticString, _ values: [SQLValue] = [],
    timeout: Duration = .seconds(10)
  ) throws -> Result<Rows, DatabaseError> {
    var answer: Result<Rows, DatabaseError>?
    database.query(sql, values, timeout: timeout) { answer = $0 }
    try #require(try loop.turn(until: { answer != nil }, limit: .seconds(20)))
    return try #require(answer)
  }

  @Test("values of every kind come back as they went in") func roundTrip() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    defer { database.close() }
    let evil = "'; drop table x; --\u{1F4B8} \"\\ \n"
    let rows = try ask(
      database, loop,
      """
      select $1::text as t, $2::bigint as n, $3::boolean as b, $4::bytea as y, $5::jsonb as j, $6::numeric(20,6) as m,
             $7::text as nothing, $8::timestamptz as at, ($9::text[])[2] as second, array_length($9::text[], 1) as size
      """,
      [
        .text(evil), .int(Int64.min), .bool(true), .bytes([0, 1, 255]), .json(["a": [1, "x"]]),
        .usd(try USD(parsing: "-12.345678")), .null, .time(WallTime(nanoseconds: 1_795_180_500_123_456_000)),
        .array([.text("a"), .text(evil), .null]),
      ]
    ).get()
    let row = try rows.one()
    #expect(try row.text("t") == evil)
    #expect(try row.int("n") == Int64.min)
    #expect(try row.bool("b"))
    #expect(try row.bytes("y") == [0, 1, 255])
    #expect(try row.json("j") == ["a": [1, "x"]])
    #expect(try row.usd("m") == USD(parsing: "-12.345678"))
    #expect(row.isNull("nothing"))
    #expect(try row.wall("at") == WallTime(nanoseconds: 1_795_180_500_123_456_000))
    #expect(try row.text("second") == evil)
    #expect(try row.int("size") == 3)
    #expect(throws: DatabaseError.self) { try row.int("t") }
    #expect(throws: DatabaseError.self) { try row.text("nothing") }
    #expect(throws: DatabaseError.self) { try row.text("absent") }
  }

  @Test("a thousand pipelined queries are answered in order, each with its own outcome") func pipeline() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    defer { database.close() }
    var answers: [(Int, Result<Rows, DatabaseError>)] = []
    for number in 0..<1000 {
      database.query(
        "select 100 / $1::int as q, $2::int as number", [.int(number % 7), .int(number)], timeout: .seconds(20)
      ) {
        answers.append((number, $0))
      }
    }
    try #require(try loop.turn(until: { answers.count == 1000 }, limit: .seconds(20)))
    #expect(answers.map(\.0) == Array(0..<1000))
    for (number, answer) in answers {
      switch answer {
      case .success(let rows): #expect(try rows.one().int("number") == number)
      case .failure(let error):
        #expect(number % 7 == 0)
        #expect(error.sqlState == "22012")
        #expect(!error.retryable)
        #expect(error.outcomeKnown)
      }
    }
  }

  @Test("a batch is one transaction: a late failure undoes the earlier statements") func batch() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    defer { database.close() }
    _ = try ask(database, loop, "create table if not exists batch_test (n int primary key)").get()
    _ = try ask(database, loop, "truncate batch_test").get()
    func batch(_ numbers: [Int]) throws -> Result<[Rows], DatabaseError> {
      var answer: Result<[Rows], DatabaseError>?
      database.batch(numbers.map { ("insert into batch_test values ($1)", [.int($0)]) }) { answer = $0 }
      try #require(try loop.turn(until: { answer != nil }, limit: .seconds(10)))
      return try #require(answer)
    }
    #expect(try batch([1, 2, 3]).get().map(\.affected) == [1, 1, 1])
    guard case .failure(let error) = try batch([4, 5, 1, 6]) else {
      Issue.record("a duplicate was accepted")
      return
    }
    #expect(error.sqlState == "23505")
    #expect(error.constraint == "batch_test_pkey")
    #expect(try ask(database, loop, "select count(*) as n from batch_test").get().one().int("n") == 3)
  }

  @Test("a constraint that is only checked at the commit fails the query, although its statement had succeeded")
  func deferredConstraint() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    defer { database.close() }
    _ = try ask(
      database, loop, "create table if not exists deferred_test (n int unique deferrable initially deferred)"
    ).get()
    _ = try ask(database, loop, "truncate deferred_test").get()
    _ = try ask(database, loop, "insert into deferred_test values (1)").get()
    guard case .failure(let error) = try ask(database, loop, "insert into deferred_test values (1)") else {
      Issue.record("the commit's error was lost")
      return
    }
    #expect(error.sqlState == "23505")
    // And the connection goes on in step.
    #expect(try ask(database, loop, "select 42 as n").get().one().int("n") == 42)
    #expect(try ask(database, loop, "select count(*) as n from deferred_test").get().one().int("n") == 1)
  }

  @Test("a statement whose table changed its shape is prepared anew") func stalePlan() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    defer { database.close() }
    func look() throws -> Result<Rows, DatabaseError> { try ask(database, loop, "select * from plan_test") }
    _ = try ask(database, loop, "drop table if exists plan_test").get()
    guard case .failure(let missing) = try look() else {
      Issue.record("a missing table was read")
      return
    }
    #expect(missing.sqlState == "42P01")
    _ = try ask(database, loop, "create table plan_test (n int)").get()
    #expect(try look().get().columns == ["n"])
    _ = try ask(database, loop, "alter table plan_test add m int").get()
    _ = try look()
    #expect(try look().get().columns == ["n", "m"])
  }

  @Test("the session has the promised limits") func sessionLimits() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    defer { database.close() }
    let rows = try ask(
      database, loop,
      """
      select current_setting('statement_timeout') as s, current_setting('lock_timeout') as l,
             current_setting('idle_in_transaction_session_timeout') as i, current_setting('timezone') as z
      """
    ).get()
    let row = try rows.one()
    #expect([row["s"], row["l"], row["i"], row["z"]] == ["2500ms", "1s", "5s", "UTC"])
  }

  @Test("the server's own statement timeout gives a known outcome and keeps the connection") func statementTimeout()
    throws
  {
    let loop = try EventLoop()
    let settings = try server().settings(statementTimeout: .milliseconds(100))
    let database = Database(loop: loop, settings: settings, log: .discarding())
    defer { database.close() }
    guard case .failure(let error) = try ask(database, loop, "select pg_sleep(5)") else {
      Issue.record("a five second statement ended")
      return
    }
    #expect(error.sqlState == "57014")
    #expect(error.retryable)
    #expect(error.outcomeKnown)
    #expect(database.isConnected)
  }

  @Test("a frozen server costs the connection at the client's deadline; the outcome is unknown; then it comes back")
  func frozen() throws {
    let server = try PostgresServer()
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: server.settings(), log: .discarding())
    defer { database.close() }
    var changes: [Bool] = []
    database.onStateChange = { changes.append($0) }
    _ = try ask(database, loop, "create table t (n int)").get()
    server.freeze()
    let start = SystemClock.monotonic()
    var first: DatabaseError?
    var second: DatabaseError?
    database.query("insert into t values (1)", timeout: .milliseconds(200)) {
      if case .failure(let e) = $0 { first = e }
    }
    database.query("insert into t values (2)", timeout: .seconds(10)) { if case .failure(let e) = $0 { second = e } }
    try #require(try loop.turn(until: { first != nil && second != nil }, limit: .seconds(10)))
    #expect(SystemClock.monotonic().since(start) < .seconds(2))
    #expect(first?.code == .deadline)
    #expect(second?.code == .connectionLost)
    #expect(first?.outcomeKnown == false && second?.outcomeKnown == false)
    #expect(!database.isConnected)
    // Not sent at all: a known outcome.
    guard case .failure(let away) = try ask(database, loop, "insert into t values (3)", timeout: .milliseconds(100))
    else {
      Issue.record("a frozen server answered")
      return
    }
    #expect(away.code == .away)
    #expect(away.outcomeKnown && away.retryable)
    server.thaw()
    let rows = try ask(database, loop, "select count(*) filter (where n = 3) as third from t", timeout: .seconds(15))
      .get()
    #expect(try rows.one().int("third") == 0)
    #expect(changes == [true, false, true])
  }

  @Test("a killed backend fails what was in flight as unknown, and the next query goes through a new connection")
  func killedBackend() throws {
    let server = try server()
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: server.settings(), log: .discarding())
    defer { database.close() }
    let pid = try ask(database, loop, "select pg_backend_pid() as pid").get().one().int("pid")
    var lost: DatabaseError?
    database.query("select pg_sleep(2)", timeout: .seconds(10)) { if case .failure(let e) = $0 { lost = e } }
    try loop.turn(timeout: .milliseconds(50))
    let killer = try BlockingDatabase(server.settings())
    try killer.query("select pg_terminate_backend($1::int)", [.int(pid)])
    try #require(try loop.turn(until: { lost != nil }, limit: .seconds(10)))
    #expect(lost?.outcomeKnown == false)
    #expect(lost?.retryable == true)
    let next = try ask(database, loop, "select pg_backend_pid() as pid").get().one().int("pid")
    #expect(next != pid)
  }

  @Test("a restarted server is found again, prepared statements and listeners included") func restart() throws {
    let server = try PostgresServer()
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: server.settings(), log: .discarding())
    defer { database.close() }
    var heard: [String] = []
    database.listen("nudge") { heard.append($0) }
    func notify(_ text: String) throws {
      _ = try ask(database, loop, "select pg_notify('nudge', $1)", [.text(text)]).get()
    }
    try notify("one")
    try #require(try loop.turn(until: { heard == ["one"] }, limit: .seconds(5)))
    try server.stop()
    try #require(try loop.turn(until: { !database.isConnected }, limit: .seconds(5)))
    #expect(database.lastError != nil)
    try server.start()
    try notify("two")
    #expect(try loop.turn(until: { heard == ["one", "two"] }, limit: .seconds(5)))
  }

  @Test("queries given before the connection wait for it; more than the bound are refused") func queueing() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    var ends = 0
    var refused = 0
    for _ in 0..<(Database.queueMax + 5) {
      database.query("select 1", timeout: .seconds(30)) { result in
        ends += 1
        if case .failure(let error) = result, error.code == .queueFull { refused += 1 }
      }
    }
    #expect(refused == 5)
    database.close()
    #expect(ends == Database.queueMax + 5)
    #expect(database.queued == 0)
  }

  @Test("a handler may close the database in the middle of the answers") func closeInHandler() throws {
    let loop = try EventLoop()
    let database = Database(loop: loop, settings: try server().settings(), log: .discarding())
    var ends = 0
    for number in 0..<50 {
      database.query("select $1::int", [.int(number)]) { _ in
        ends += 1
        if number == 10 { database.close() }
      }
    }
    #expect(try loop.turn(until: { ends == 50 }, limit: .seconds(10)))
  }

  @Test("a server that is not there is said by name, again and again, until it is") func absent() throws {
    let loop = try EventLoop()
    let settings = DatabaseSettings(host: "/nonexistent", user: "floor", applicationName: "test")
    let database = Database(loop: loop, settings: settings, log: .discarding())
    defer { database.close() }
    #expect(try loop.turn(until: { database.lastError != nil }, limit: .seconds(5)))
    #expect(database.lastError?.contains("/nonexistent") == true)
    #expect(throws: DatabaseError.self) { try BlockingDatabase(settings) }
  }
}

@Suite(.serialized) struct BlockingDatabaseTests {
  nonisolated(unsafe) private static let shared = Result { try PostgresServer() }
  private func connect() throws -> BlockingDatabase { try BlockingDatabase(try unsafe Self.shared.get().settings()) }

  @Test("a transaction that throws leaves nothing") func rollback() throws {
    let database = try connect()
    try database.execute(script: "create table if not exists r (n int); truncate r; insert into r values (1)")
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try database.transaction {
        try database.query("insert into r values ($1)", [.int(2)])
        throw Stop()
      }
    }
    #expect(throws: DatabaseError.self) {
      try database.transaction { try database.query("insert into r values (3), (1/0)") }
    }
    try database.transaction { _ = try database.query("insert into r values (4)") }
    #expect(try database.query("select array_agg(n order by n)::text as all from r").one().text("all") == "{1,4}")
  }

  @Test("a failing script is undone as a whole") func script() throws {
    let database = try connect()
    #expect(throws: DatabaseError.self) { try database.execute(script: "create table s1 (n int); select 1/0") }
    #expect(try database.query("select to_regclass('s1') is null as gone").one().bool("gone"))
  }

  @Test("an answer that does not come ends at the deadline, and the connection is given up") func deadline() throws {
    let database = try connect()
    database.timeout = .milliseconds(100)
    let error = #expect(throws: DatabaseError.self) { try database.query("select pg_sleep(3)") }
    #expect(error?.code == .deadline)
    let next = #expect(throws: DatabaseError.self) { try database.query("select 1") }
    #expect(next?.code == .closed)
  }
}
