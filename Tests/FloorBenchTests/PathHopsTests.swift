import Testing

@testable import FloorBench

@Suite("hops of the way from a price to an order")
struct PathHopsTests {
  private static let traces = """
    feed_received 1000 110
    feed_published 1000 130
    agent_received 1000 160
    intent_sent 7 200
    intent_received 7 250
    record_asked 7 310
    committed 7 380
    posted 7 460
    intent_received 7 999

    """

  @Test("the moments of an order are joined over the stamp of its price and the number of its intent")
  func joined() throws {
    let hops = PathHops(traces: Self.traces)
    let moments = try #require(hops.moments(of: .init(stamp: 1000, intent: 7, salt: "1"), sent: 100, read: 550))
    #expect(moments == [100, 110, 130, 160, 200, 250, 310, 380, 460, 550])
    #expect(PathHops.hops([moments]) == [[10], [20], [30], [40], [50], [60], [70], [80], [90]])
    #expect(PathHops.stations.count == moments.count)
  }

  @Test("a repeat of an intent does not move its first moment")
  func repeats() throws {
    let moments = PathHops(traces: Self.traces).moments(
      of: .init(stamp: 1000, intent: 7, salt: "1"), sent: 100, read: 550)
    #expect(moments?[5] == 250)
  }

  @Test("an order with an unknown station has no hops, rather than wrong ones", arguments: [(1001, 7), (1000, 8)])
  func unknown(stamp: Int64, intent: Int64) {
    let hops = PathHops(traces: Self.traces)
    #expect(hops.moments(of: .init(stamp: stamp, intent: intent, salt: "1"), sent: 100, read: 550) == nil)
  }

  @Test("damaged lines are left out")
  func damaged() {
    let hops = PathHops(traces: "posted 7\nposted x 3\n\nposted 7 5 6\n")
    #expect(hops.moments(of: .init(stamp: 1000, intent: 7, salt: "1"), sent: 1, read: 2) == nil)
  }
}
