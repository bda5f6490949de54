import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// What a gateway that starts compares with the venue.
@Suite(.serialized, .hangLimit) struct GatewayComparisonTests {
  private struct Comparison {
    let began: WallTime
    let since: MarketTime
    let why: String
  }

  private func comparisons(_ bench: GatewayBench) throws -> [Comparison] {
    try bench.looker.query(
      "SELECT began_at, since_at, why FROM reconciliations WHERE ended_at IS NOT NULL AND differences = '[]' ORDER BY id"
    ).map {
      Comparison(began: try $0.wall("began_at"), since: try $0.market("since_at"), why: try $0.text("why"))
    }
  }

  @Test(
    "The next gateway reads trades from a minute before the last comparison that found both sides the same, the first ten minutes back"
  )
  func nextStart() throws {
    let bench = try GatewayBench()
    try bench.startGateway()
    try bench.open()
    try bench.until("a comparison") { try !comparisons(bench).isEmpty }
    let first = try comparisons(bench)[0]
    #expect(first.began.nanoseconds - first.since.nanoseconds > 590_000_000_000)
    let entry = try bench.wish(price: try bench.takingPrice(), size: Shares(whole: 10))
    try bench.send(entry)
    _ = try bench.final(of: entry.terms.intent)
    try bench.killGateway()
    let known = try comparisons(bench)
    try bench.startGateway()
    try bench.until("the comparison of the next one", within: .seconds(30)) {
      try comparisons(bench).count > known.count
    }
    let next = try comparisons(bench)[known.count]
    let back = known.last!.began.nanoseconds - next.since.nanoseconds
    #expect((59_000_000_000...61_000_000_000).contains(back), "\(next.why) reads from \(back) ns before")
    try bench.compareWithVenue()
  }
}
