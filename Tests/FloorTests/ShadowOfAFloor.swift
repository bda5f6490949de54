import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// `floor shadow` of a floor that trades.
struct ShadowOfAFloor {
  let floor: RunningFloor

  /// Everything is compared or left out for a reason, the venue's side is the record's, and paper saw the same books: most of what the venue
  /// filled at once paper fills too.
  func expectLikeness() throws {
    let json = try eventually("orders to be compared", within: .seconds(60)) {
      let answer = try floor.floor("shadow", "--json", "--orders")
      guard answer.status == 0 else { return nil as JSON? }
      let json = try JSON.parse(answer.output, limits: JSONLimits(bytes: 64 << 20))
      return try json.need("compared").int ?? 0 >= 4 ? json : nil
    }
    let orders = try #require(json["orders"]?.int)
    let compared = try #require(json["compared"]?.int)
    let leftOut = (json["left_out"]?.members ?? []).reduce(0) { $0 + ($1.value.int ?? 0) }
    #expect(compared + leftOut == orders)
    let lines = try #require(json["lines"]?.array)
    #expect(lines.count == orders)
    for line in lines where line["paper"] != nil {
      let id = try line.needText("order")
      let fills = line["venue"]?.array ?? []
      func sum(_ key: String) -> USD { fills.reduce(.zero) { $0 + ($1[key]?.usd ?? .zero) } }
      // What the record has heard of since the report is not in it.
      let row = try floor.rows(
        """
        SELECT coalesce(sum(notional), 0) AS cash, coalesce(sum(fee), 0) AS fee FROM fills
         WHERE order_id = '\(id)' AND executed_at <= '\(fills.last?["at"]?.string ?? "-infinity")'
        """
      ).one()
      #expect(try row.usd("cash") == sum("cash_usd") && row.usd("fee") == sum("fee_usd"), "\(id)")
    }
    let groups = json["groups"]?.array ?? []
    func group(_ kind: String) -> JSON? {
      groups.first { $0["strategy"]?.isNull ?? true && $0["kind"]?.string == kind }
    }
    let all = try #require(group("all"))
    let parts = ["both", "only_paper", "only_venue", "neither"].map { all[$0]?.int ?? 0 }
    #expect(parts.reduce(0, +) == compared && all["orders"]?.int == compared)
    if let taking = group("taking"), let both = taking["both"]?.int, let alone = taking["only_venue"]?.int {
      #expect(
        both >= alone, "of the orders that the venue filled at once paper fills \(both), and \(alone) it does not")
    }
    print(try floor.floor("shadow").output)
  }
}
