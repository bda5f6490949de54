import FloorTestSupport
import Testing

@testable import Shared

@Suite("Open orders") struct OpenOrdersTests {
  @Test("Those of a market and of an agent are those among all, in the order of arrival", arguments: Seeds.some(4))
  func lists(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let agents = ["a", "b", "c"].map { AgentName($0)! }
    let markets = ["m-1", "m-2", "m-3", "m-4"].map { MarketSlug($0)! }
    var open = OpenOrders()
    var plain: [IntentMessage.Terms] = []
    for number in 1...500 {
      if !plain.isEmpty, Bool.random(using: &random) {
        let place = Int.random(in: 0..<plain.count, using: &random)
        open.remove(plain.remove(at: place))
      } else {
        let agent = agents.randomElement(using: &random)!
        let terms = IntentMessage.Terms(
          intent: IntentID(agent: agent, decision: Int64(number)), agent: agent, epoch: Epoch(1), action: .enter,
          market: markets.randomElement(using: &random)!, outcome: .yes, side: .buy, type: .goodTillCancelled,
          price: Price(micros: 500_000)!, size: Shares(whole: 5), usefulUntil: MarketTime(seconds: 1))
        open.append(terms)
        plain.append(terms)
      }
      #expect(open.all == plain.map(\.intent) && Array(open) == open.all)
      for market in markets { #expect(open.in(market) == plain.filter { $0.market == market }.map(\.intent)) }
      for agent in agents { #expect(open.of(agent) == plain.filter { $0.agent == agent }.map(\.intent)) }
    }
  }
}
