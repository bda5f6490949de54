import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import OrderGateway

/// The way into the record: together under load, alone where one is refused, again where nobody answered.
@Suite("Record queue", .hangLimit) struct RecordQueueTests {
  /// A queue before a database with orders to say something of.
  private final class Bench {
    let floor: DatabaseFloor
    let looker: BlockingDatabase
    let loop: EventLoop
    let database: Database
    let queue: RecordQueue
    var orders: [VenueOrderID] = []
    var answered: [VenueOrderID] = []
    var refused: [DatabaseError] = []
    var unanswered = 0

    init(orders count: Int, way: DatabaseSettings? = nil, floor: DatabaseFloor) throws {
      self.floor = floor
      looker = try floor.database.openAsAdministrator()
      let epoch = try floor.hire("one", allocation: "100")
      try floor.market("m-1")
      for number in 1...count {
        let wish = try floor.intent(
          "one.\(number)", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "2",
          worst: "1.02")
        guard try floor.submit(wish)["outcome"] == "accepted" else { throw DeadlinePassed(description: wish.text) }
        orders.append(VenueOrderID(wish["order_id"]!.string!)!)
      }
      let loop = try EventLoop()
      self.loop = loop
      database = Database(
        loop: loop, settings: way ?? floor.database.settings(role: "floor_gateway"), log: .discarding())
      let clock = MarketClock.standing(
        at: MarketTime(nanoseconds: DatabaseFloor.now), since: WallTime(nanoseconds: DatabaseFloor.now))
      queue = RecordQueue(
        loop: loop, database: database, log: .discarding(),
        statements: RecordStatements(
          gatewayEpoch: Epoch(floor.gatewayEpoch), limits: RiskLimits(), capital: USD(dollars: 1000)),
        moment: { Moment(monotonic: SystemClock.monotonic(), wall: SystemClock.wall(), clock: clock) })
      queue.onAnswer = { [unowned self] call, _ in
        switch call {
        case .advance(let id, _, _, _): answered.append(id)
        case .fill(let fill), .settle(let fill, _): answered.append(fill.key.order)
        case .submit, .deny, .acceptCancel: break
        }
      }
      queue.onRefused = { [unowned self] _, error in refused.append(error) }
      queue.onUnanswered = { [unowned self] _ in unanswered += 1 }
      database.onStateChange = { [unowned self] isUp in if isUp { queue.resume() } }
      let isConnected = try loop.turn(until: { [database] in database.isConnected }, limit: .seconds(10))
      try #require(isConnected)
    }

    func live(_ order: VenueOrderID) { queue.put(.advance(order, .live, reason: "", detail: "")) }

    func drain() throws {
      let isEmpty = try loop.turn(until: { [queue] in queue.count == 0 }, limit: .seconds(20))
      try #require(isEmpty)
    }

    /// Of how many transactions the orders' news came.
    func transactions() throws -> Int64 {
      try looker.query("SELECT count(DISTINCT xmin::text) AS n FROM order_events WHERE event = 'live'").one().int("n")
    }

    func fill(_ order: VenueOrderID, fee: USD = .zero) -> FillRecord {
      FillRecord(
        key: FillKey(trade: VenueTradeID("t-\(order.text.suffix(4))")!, order: order), token: TokenID("71")!,
        side: .buy,
        size: Shares(whole: 1), price: Price(micros: 500_000)!, cash: USD(micros: 500_000), fee: fee,
        isTaker: true, settlement: .matched, matchedAt: MarketTime(nanoseconds: DatabaseFloor.now), road: .stream)
    }

    /// A fill that no record takes: its fee is negative.
    func impossible(_ order: VenueOrderID) -> RecordCall { .fill(fill(order, fee: USD(micros: -1))) }
  }

  @Test("What comes while two transactions are under way shares the next commit; answers keep the order of the calls")
  func together() throws {
    let bench = try Bench(orders: 40, floor: try DatabaseFloor())
    for order in bench.orders { bench.live(order) }
    #expect(bench.queue.count == 40 && bench.answered == [])
    try bench.drain()
    #expect(bench.answered == bench.orders && bench.refused == [] && bench.unanswered == 0)
    // The first and the second left alone, the 38 others together.
    #expect(try bench.transactions() == 3)
  }

  @Test(
    "A call that is refused for good takes nobody with it: the others of its transaction leave again alone, in order")
  func refusal() throws {
    let bench = try Bench(orders: 20, floor: try DatabaseFloor())
    let place = Int.random(in: 3..<20)
    for (index, order) in bench.orders.enumerated() {
      if index == place { bench.queue.put(bench.impossible(bench.orders[0])) }
      bench.live(order)
    }
    try bench.drain()
    #expect(bench.answered == bench.orders, "refused before number \(place)")
    #expect(bench.refused.map(\.sqlState) == ["23514"] && bench.unanswered == 0)
    #expect(try bench.looker.query("SELECT count(*) AS n FROM fills").one().int("n") == 0)
    #expect(try bench.transactions() == 20)
  }

  @Test("Two transactions under way that are both refused leave again in the order of their calls")
  func refusals() throws {
    let bench = try Bench(orders: 90, floor: try DatabaseFloor())
    // The first two leave alone, then 64 together, then the rest while those are worked on.
    for (index, order) in bench.orders.enumerated() {
      if index == 20 || index == 80 { bench.queue.put(bench.impossible(bench.orders[index - 20])) }
      bench.live(order)
    }
    try bench.drain()
    #expect(bench.answered == bench.orders && bench.refused.count == 2 && bench.unanswered == 0)
    #expect(try bench.transactions() == 90)
  }

  @Test(
    "News of settlements is one statement of its transaction, and each is answered; one that a fill waits for makes it")
  func settlements() throws {
    let bench = try Bench(orders: 30, floor: try DatabaseFloor())
    for order in bench.orders.dropLast() { bench.queue.put(.fill(bench.fill(order))) }
    try bench.drain()
    bench.answered.removeAll()
    for order in bench.orders {
      bench.queue.put(.settle(bench.fill(order), .mined))
      bench.live(order)
      bench.queue.put(.settle(bench.fill(order), .confirmed))
    }
    try bench.drain()
    #expect(bench.refused == [] && bench.unanswered == 0)
    let times = Dictionary(bench.answered.map { ($0, 1) }, uniquingKeysWith: +)
    #expect(times.count == 30 && times.values.allSatisfy { $0 == 3 })
    let standing = try bench.looker.query(
      "SELECT count(*) AS n, count(DISTINCT xmin::text) AS t FROM fill_state WHERE status = 'CONFIRMED'"
    ).one()
    #expect(try standing.int("n") == 30 && standing.int("t") < 6)
    #expect(try bench.floor.brokenInvariants() == [])
  }

  @Test("A row that somebody has locked holds up its own call, and after the first time nothing else")
  func lock() throws {
    let bench = try Bench(orders: 6, floor: try DatabaseFloor())
    let other = try bench.floor.database.openAsAdministrator()
    try other.query("BEGIN")
    try other.query("SELECT 1 FROM order_state WHERE order_id = $1 FOR UPDATE", [.text(bench.orders[3].text)])
    for order in bench.orders { bench.live(order) }
    let free = Set(bench.orders).subtracting([bench.orders[3]])
    #expect(try bench.loop.turn(until: { Set(bench.answered) == free }, limit: .seconds(30)))
    try other.query("ROLLBACK")
    try bench.drain()
    #expect(bench.answered.sorted { $0.text < $1.text } == bench.orders.sorted { $0.text < $1.text })
    #expect(bench.unanswered >= 4 && bench.refused == [])
  }

  @Test("When the answers of whole transactions are lost, everything leaves again and is in the record once")
  func lostAnswers() throws {
    let floor = try DatabaseFloor()
    let folder = try TemporaryDirectory()
    let proxy = try FaultProxy(
      listening: .socket(folder.path + "/.s.PGSQL.5432"),
      upstream: .socket(floor.database.servers.runDirectory + "/.s.PGSQL.5432"))
    let settings = floor.database.settings(role: "floor_gateway")
    let bench = try Bench(
      orders: 30,
      way: DatabaseSettings(
        host: folder.path, database: settings.database, user: settings.user, password: settings.password,
        applicationName: "tests"), floor: floor)
    proxy.loseAnswers()
    for order in bench.orders { bench.live(order) }
    // The first two transactions are committed, and nobody hears of it.
    try eventuallyTrue("two orders to be live in the record") {
      _ = try bench.loop.turn(until: { false }, limit: .milliseconds(20))
      return try bench.looker.query("SELECT count(*) AS n FROM order_events WHERE event = 'live'").one().int("n") >= 2
    }
    #expect(bench.answered == [])
    proxy.cut()
    try bench.drain()
    #expect(bench.answered == bench.orders && bench.unanswered == 2 && bench.refused == [])
    let told = try bench.looker.query("SELECT count(*) AS n, count(DISTINCT order_id) AS orders FROM order_events")
      .one()
    #expect(try told.int("n") == 30 && told.int("orders") == 30)
  }
}
