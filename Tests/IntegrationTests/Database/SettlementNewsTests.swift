import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// What the venue says of many settlements, told in one statement.
@Suite("News of settlements together") struct SettlementNewsTests {
  /// A floor with an order of ten shares for each number, filled by one trade each.
  private final class Bench {
    let floor: DatabaseFloor
    var orders: [String] = []

    init(orders count: Int) throws {
      floor = try DatabaseFloor()
      let epoch = try floor.hire("one", allocation: "100")
      try floor.market("m-1")
      for number in 0..<count {
        let wish = try floor.intent(
          "one.\(number + 1)", agent: "one", epoch: epoch, market: "m-1", side: "BUY", price: "0.5", size: "10")
        orders.append(try #require(floor.submit(wish)["order_id"]?.string))
        #expect(try fill(number)["outcome"] == "recorded")
      }
    }

    func fill(_ number: Int, _ status: String = "MATCHED") throws -> JSON {
      try floor.fill(orders[number], trade: "t\(number)", price: "0.5", size: "10", status: status)
    }

    func told(_ number: Int, _ status: String, trade: String? = nil, size: String = "10") -> JSON {
      [
        "order_id": .string(orders[number]), "trade": .string(trade ?? "t\(number)"), "price": "0.5",
        "size": .string(size),
        "status": .string(status), "market_ns": .int(DatabaseFloor.now),
      ]
    }

    func tell(_ fills: [JSON], epoch: Int64? = nil) throws -> [String] {
      let all: JSON = ["gateway_epoch": .int(epoch ?? floor.gatewayEpoch), "fills": .array(fills)]
      let answers = try floor.gateway.query("SELECT settle_fills($1) AS j", [.json(all)]).one().json("j").array
      return try #require(answers).map { $0["outcome"]?.string ?? "none" }
    }

    /// Status of each fill and settlement of its order, in the order of the trades.
    func standing() throws -> [String] {
      try floor.gateway.query(
        "SELECT f.status || ' ' || o.settlement AS s FROM fill_state f JOIN order_state o USING (order_id) ORDER BY f.venue_trade_id"
      ).map { try $0.text("s") }
    }
  }

  @Test("Each fill goes as far as anything told of it, and never back; what changes nothing is answered alike")
  func forward() throws {
    let bench = try Bench(orders: 4)
    #expect(try bench.fill(2, "CONFIRMED")["outcome"] == "duplicate")
    #expect(
      try bench.tell([
        bench.told(0, "MINED"), bench.told(1, "CONFIRMED"), bench.told(1, "MINED"), bench.told(2, "MINED"),
      ]) == ["duplicate", "duplicate", "duplicate", "duplicate"])
    #expect(
      try bench.standing() == ["MINED PENDING", "CONFIRMED CONFIRMED", "CONFIRMED CONFIRMED", "MATCHED PENDING"])
    #expect(try bench.tell([bench.told(0, "CONFIRMED"), bench.told(3, "CONFIRMED")]) == ["duplicate", "duplicate"])
    #expect(try bench.standing() == Array(repeating: "CONFIRMED CONFIRMED", count: 4))
    #expect(try bench.floor.brokenInvariants() == [])
  }

  @Test(
    "What is not known, known otherwise, of no order or failed goes the way of a single one, at its place in the answers"
  )
  func singles() throws {
    let bench = try Bench(orders: 3)
    let stranger = bench.told(0, "MINED").with("order_id", .string(bench.floor.newOrderID()))
    #expect(
      try bench.tell([
        bench.told(0, "MINED"), stranger, bench.told(1, "CONFIRMED", size: "9"), bench.told(1, "FAILED"),
        bench.told(2, "MINED", trade: "t9", size: "3"), bench.told(2, "MATCHED"),
      ]) == ["duplicate", "order_unknown", "conflict", "voided", "recorded", "duplicate"])
    #expect(
      try bench.standing() == ["MINED PENDING", "FAILED FAILED", "MATCHED PENDING", "MINED PENDING"])
    #expect(try bench.floor.brokenInvariants() == [])
  }

  @Test("A gateway whose lease has gone to another tells nothing, and an empty list is no error")
  func fenced() throws {
    let bench = try Bench(orders: 1)
    #expect(try bench.tell([]) == [])
    let error = #expect(throws: DatabaseError.self) {
      try bench.tell([bench.told(0, "CONFIRMED")], epoch: bench.floor.gatewayEpoch - 1)
    }
    #expect(error?.sqlState == "FL001")
    #expect(try bench.standing() == ["MATCHED PENDING"])
  }
}
