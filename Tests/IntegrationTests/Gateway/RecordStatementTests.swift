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

  @Test("Rules go to the record with what they come to at that moment; a share of an allocation as a share")
  func bases() throws {
    var limits = RiskLimits()
    limits.rules = try [
      "scope=market pct=1", "scope=floor pct=10 basis=equity", "scope=agent pct=50 usd=70 basis=allocation",
      "scope=strategy name=spike pct=20 basis=allocation", "scope=order pct=3 basis=equity",
    ].map { try LimitRule(parsing: $0) }
    var equity = USD(dollars: 900)
    let statements = RecordStatements(gatewayEpoch: Epoch(3), limits: limits, capital: USD(dollars: 1000)) {
      FloorStanding(
        capital: USD(dollars: 1000), deployed: .zero, realisedToday: .zero, equity: equity, peakEquity: equity)
    }
    func sent() throws -> [String] {
      let order = try Self.submission()
      let argument = statements.statement(
        .submit(order), now: Moment(monotonic: MonotonicTime(seconds: 1), wall: WallTime(seconds: 1_795_180_500))
      ).argument
      return (argument["limits"]?.array ?? []).map { rule in
        "\(rule["scope"]?.string ?? "") \(rule["cap"]?.string ?? "-") \(rule["allocation_bps"]?.int ?? 0)"
      }
    }
    #expect(try sent() == ["market 10 0", "floor 90 0", "agent 70 5000", "strategy - 2000"])
    equity = USD(dollars: 500)
    #expect(try sent()[1] == "floor 50 0")
  }

  private static func submission() throws -> OrderSubmission {
    let agent = AgentName("a")!
    return OrderSubmission(
      terms: IntentMessage.Terms(
        intent: IntentID(agent: agent, decision: 1), agent: agent, epoch: Epoch(1), action: .enter,
        market: try #require(MarketSlug("m")), outcome: .yes, side: .buy, type: .fillAndKill,
        price: try Price(parsing: "0.5"), size: Shares(whole: 5), usefulUntil: MarketTime(seconds: 1_795_180_600)),
      origin: .agent, token: try #require(TokenID("71")), worst: USD(dollars: 3),
      signed: PreparedOrder(
        id: try #require(VenueOrderID("0x" + String(repeating: "1", count: 64))), body: [1],
        signedAt: WallTime(seconds: 1_795_180_500)),
      feedOrder: 1, bookTime: MarketTime(seconds: 1_795_180_500), reason: "", journaled: false)
  }
}
