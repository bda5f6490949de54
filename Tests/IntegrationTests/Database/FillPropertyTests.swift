import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// Random trading by two agents, with fills that arrive several times, out of order, from two sessions at once, some of which fail to
/// settle: afterwards the books say what the standing fills say, computed here from the list alone.
@Suite("Fills in any order")
struct FillPropertyTests {
  struct Fill: Sendable {
    let order: String
    let trade: String
    let agent: Int
    let side: String
    let price: Price
    let size: Shares
    let fee: USD
    var fails: Bool
    var isConfirmed = false
  }

  @Test("shuffled, repeated, failing fills leave the books exact", arguments: Seeds.some(6))
  func shuffled(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let floor = try DatabaseFloor(capital: "100000", allocationCap: "50000")
    let names = ["one", "two"]
    let epochs = try names.map { try floor.hire($0, allocation: "20000") }
    try floor.market("m-1")
    var fills: [Fill] = []
    var purchases: [Fill] = []
    for number in 0..<14 {
      let agent = Int.random(in: 0..<2, using: &random)
      let cents = Int64.random(in: 5...95, using: &random)
      let size = Shares(micros: Int64.random(in: 1_000_000...40_000_000, using: &random))
      let price = Price(micros: cents * 10_000)!
      let answer = try floor.submit(
        floor.intent(
          "\(names[agent]).\(number)", agent: names[agent], epoch: epochs[agent], market: "m-1", side: "BUY",
          price: price.description, size: size.description))
      let order = try #require(answer["order_id"]?.string)
      var left = size
      var part = 0
      while left > .zero {
        let piece = part == 2 ? left : min(left, Shares(micros: Int64.random(in: 1...40_000_000, using: &random)))
        left -= piece
        part += 1
        purchases.append(
          Fill(
            order: order, trade: "b\(number)-\(part)", agent: agent, side: "BUY", price: price, size: piece,
            fee: USD(micros: Int64.random(in: 0...200_000, using: &random)),
            fails: Int.random(in: 0..<8, using: &random) == 0))
      }
    }
    try await deliver(&purchases, to: floor, &random)
    fills += purchases
    // Sales of part of what each agent now holds.
    var sales: [Fill] = []
    for agent in 0..<2 {
      let held = try floor.gateway.query(
        "SELECT coalesce(max(shares), 0) AS s FROM positions p JOIN agents a ON a.id = p.agent_id WHERE a.name = $1",
        [.text(names[agent])]
      ).one().shares("s")
      guard held > Shares(whole: 2) else { continue }
      for number in 0..<2 {
        let size = Shares(micros: number == 0 ? held.micros / 3 : held.micros - held.micros / 3)
        let answer = try floor.submit(
          floor.intent(
            "\(names[agent]).s\(number)", agent: names[agent], epoch: epochs[agent], market: "m-1", side: "SELL",
            price: "0.5",
            size: size.description))
        let order = try #require(answer["order_id"]?.string)
        sales.append(
          Fill(
            order: order, trade: "s\(agent)-\(number)", agent: agent, side: "SELL", price: Price(micros: 510_000)!,
            size: size,
            fee: USD(micros: 1_234), fails: Int.random(in: 0..<4, using: &random) == 0))
      }
    }
    try await deliver(&sales, to: floor, &random)
    fills += sales
    #expect(try floor.brokenInvariants() == [], "before settlement")
    _ = try floor.settle("m-1", payoutYes: "1")
    // Some purchases turn out to have failed after the outcome was paid.
    var late: [Fill] = []
    for index in fills.indices
    where !fills[index].fails && !fills[index].isConfirmed && fills[index].side == "BUY"
      && Int.random(in: 0..<4, using: &random) == 0
    {
      fills[index].fails = true
      late.append(fills[index])
    }
    try await deliver(&late, to: floor, &random)
    #expect(try floor.brokenInvariants() == [], "after settlement and late failures")

    // The oracle: cash from the standing fills, one share pays one dollar.
    for agent in 0..<2 {
      var cash = USD(dollars: 20_000)
      var shares = Shares.zero
      for fill in fills where fill.agent == agent && !fill.fails {
        let notional = try USD(fill.price, times: fill.size, rounding: .nearest)
        cash += fill.side == "BUY" ? -notional - fill.fee : notional - fill.fee
        shares += fill.side == "BUY" ? fill.size : -fill.size
      }
      cash += USD(micros: shares.micros)
      let row = try floor.gateway.query(
        "SELECT account_balance('agent:' || id) AS cash, id FROM agents WHERE name = $1", [.text(names[agent])]
      ).one()
      #expect(try row.usd("cash") == cash, "agent \(names[agent])")
      let recorded = try floor.gateway.query(
        "SELECT coalesce(sum(pnl), 0) AS p FROM trades WHERE agent_id = $1", [.int(try row.int("id"))]
      ).one().usd("p")
      #expect(recorded == cash - USD(dollars: 20_000), "trades of \(names[agent])")
    }
    #expect(try floor.gateway.query("SELECT count(*) AS n FROM fills").one().int("n") == Int64(fills.count))
  }

  /// Sends every fill once to three times over two sessions at once; those that fail are told so at the end of their repeats.
  func deliver(_ fills: inout [Fill], to floor: DatabaseFloor, _ random: inout SeededGenerator) async throws {
    var lanes: [[(Fill, String)]] = [[], []]
    for index in fills.indices {
      if !fills[index].fails && Bool.random(using: &random) { fills[index].isConfirmed = true }
      let fill = fills[index]
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        lanes[Int.random(in: 0..<2, using: &random)].append((fill, "MATCHED"))
      }
      if fill.isConfirmed {
        lanes[Int.random(in: 0..<2, using: &random)].append((fill, "CONFIRMED"))
      }
      if fill.fails {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
          lanes[Int.random(in: 0..<2, using: &random)].append((fill, "FAILED"))
        }
      }
    }
    for index in lanes.indices { lanes[index].shuffle(using: &random) }
    let (database, epoch) = (floor.database, floor.gatewayEpoch)
    // Told one by one, or several in one statement.
    let work = lanes.map { lane in
      var parcels: [[(Fill, String)]] = []
      var rest = lane[...]
      while !rest.isEmpty {
        let size = Bool.random(using: &random) ? 1 : Int.random(in: 2...12, using: &random)
        parcels.append(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      return parcels
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for parcels in work {
        group.addTask {
          let session = try database.open(as: "floor_gateway")
          for parcel in parcels {
            let told = parcel.map { fill, status -> JSON in
              [
                "gateway_epoch": .int(epoch), "order_id": .string(fill.order), "trade": .string(fill.trade),
                "price": .text(fill.price), "size": .text(fill.size), "fee": .text(fill.fee), "status": .string(status),
                "market_ns": .int(DatabaseFloor.now),
              ]
            }
            let (sql, argument): (StaticString, JSON) =
              told.count == 1
              ? ("SELECT jsonb_build_array(record_fill($1)) AS j", told[0])
              : ("SELECT settle_fills($1) AS j", ["gateway_epoch": .int(epoch), "fills": .array(told)])
            while true {
              do {
                let answers = try session.query(sql, [.json(argument)]).one().json("j").array
                #expect(answers?.count == told.count && answers?.contains { $0["outcome"] == "conflict" } == false)
                break
              } catch let error as DatabaseError where ["40P01", "55P03"].contains(error.sqlState) {
                // Two lock the same orders, each some of them; on a floor one gateway does.
                continue
              }
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
