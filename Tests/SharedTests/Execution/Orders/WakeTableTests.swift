import FloorTestSupport
import Testing

@testable import Shared

@Suite("What time makes due") struct WakeTableTests {
  @Test(
    "The soonest of all is the smallest time that is set, however they were set, moved and taken away",
    arguments: Seeds.some(5))
  func soonest(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = WakeTable()
    var plain: [IntentID: MonotonicTime] = [:]
    let intents = (1...20).map { IntentID(agent: AgentName("a")!, decision: $0) }
    for _ in 0..<2000 {
      let intent = intents.randomElement(using: &random)!
      let time =
        Int.random(in: 0..<4, using: &random) == 0 ? nil : MonotonicTime(seconds: .random(in: 1...30, using: &random))
      table[intent] = time
      plain[intent] = time
      table.findSoonest()
      #expect(table.soonest == plain.values.min(), "seed \(seed)")
      let now = MonotonicTime(seconds: .random(in: 1...30, using: &random))
      #expect(table.isDue(intent, now) == (plain[intent].map { $0 <= now } ?? false), "seed \(seed)")
    }
  }

  @Test("Only orders that were changed are told, each once, in the order of their first change")
  func changes() {
    var table = OrderTable()
    let intents = (1...3).map { IntentID(agent: AgentName("a")!, decision: $0) }
    let wish = OrderManagerWorld(seed: 1).wish(1)
    func order() -> WorkingOrder {
      WorkingOrder(
        terms: wish.terms, origin: .agent, market: OrderManagerWorld.market, token: OrderManagerWorld.market.yes,
        worst: .zero, feedOrder: 1, bookTime: MarketTime(seconds: 1), reason: "", isNew: true, state: .reserved,
        createdAt: MonotonicTime(seconds: 1))
    }
    for intent in intents { table[intent] = order() }
    #expect(table.takeChanged() == intents && table.takeChanged() == [])
    #expect(table[intents[2]]?.state == .reserved && table.takeChanged() == [])
    table[intents[2]]?.state = .signed
    table[intents[0]] = nil
    table[intents[2]]?.reposts = 1
    #expect(table.takeChanged() == [intents[2], intents[0]] && table[intents[0]] == nil)
  }

  @Test(
    "A time of the market that was turned into one of the monotonic clock is turned again once the clocks lie otherwise"
  )
  func relation() {
    let clock = MarketClock.standing(at: MarketTime(seconds: 5), since: WallTime(seconds: 100))
    func relation(_ monotonic: Int64, _ wall: Int64, _ clock: MarketClock = .live) -> TimeRelation {
      TimeRelation(
        Moment(
          monotonic: MonotonicTime(nanoseconds: monotonic), wall: WallTime(nanoseconds: wall), clock: clock))
    }
    let first = relation(1_000_000_000, 9_000_000_000)
    #expect(!first.differs(from: relation(2_000_000_000, 10_000_900_000)))
    #expect(first.differs(from: relation(2_000_000_000, 10_002_000_000)))
    #expect(first.differs(from: relation(2_000_000_000, 9_998_000_000)))
    #expect(first.differs(from: relation(2_000_000_000, 10_000_000_000, clock)))
  }
}
