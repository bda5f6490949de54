import FloorIOData
import Shared
import Testing

@testable import OrderGateway

@Suite("What the gateway tells the record")
struct RecordStatementTests {
  @Test("News of a settlement tells the fill whole, so that a maker's fill is one whichever call comes first")
  func settlement() throws {
    let statements = RecordStatements(gatewayEpoch: Epoch(3), limits: RiskLimits(), capital: .zero)
    let now = Moment(monotonic: MonotonicTime(seconds: 1), wall: WallTime(seconds: 1_795_180_500))
    for isTaker in [true, false] {
      let fill = FillRecord(
        key: FillKey(
          trade: try #require(VenueTradeID("t1")),
          order: try #require(VenueOrderID("0x" + String(repeating: "1", count: 64)))),
        token: try #require(TokenID("71")), side: .buy, size: Shares(whole: 5),
        price: try #require(Price(micros: 400_000)), cash: USD(micros: 2_000_000), fee: .zero, isTaker: isTaker,
        settlement: .matched, matchedAt: MarketTime(seconds: 5), road: .stream)
      let first = statements.statement(.fill(fill), now: now).argument
      let later = statements.statement(.settle(fill, .mined), now: now).argument
      #expect(first["liquidity"]?.string == (isTaker ? "TAKER" : "MAKER"))
      #expect(later["status"]?.string == "MINED" && later.with("status", first["status"] ?? .null) == first)
    }
  }
}
