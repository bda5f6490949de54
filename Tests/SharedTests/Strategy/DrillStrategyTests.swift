import Shared
import Testing

@Suite("The drill: steady orders without an opinion")
struct DrillStrategyTests {
  /// One update a second for a while, each intent answered by `answer` at once. The intents in order.
  private static func run(
    _ parameters: JSON, seconds: Int, answer: (IntentMessage.Terms) -> [(OrderEventMessage.Event, Int64?, Bool)]
  ) -> (core: AgentCore, terms: [IntentMessage.Terms]) {
    var core = Fixture.core("drill", parameters)
    var terms: [IntentMessage.Terms] = []
    var cursor: Int64 = 0
    var held: [Outcome: Int64] = [:]
    for second in 0..<seconds {
      let update = Fixture.market(at: Double(second), order: Int64(second + 1))
      for flight in core.take(.market(update), at: Double(second)).published {
        terms.append(flight.terms)
        if let ended = flight.terms.cancels, let order = terms.first(where: { $0.intent == ended }) {
          cursor += 1
          _ = core.take(.order(Fixture.event(.done, cursor: cursor, order, final: true)), at: Double(second))
        }
        for (event, size, final) in answer(flight.terms) {
          cursor += 1
          held[flight.terms.outcome, default: 0] += (size ?? 0) * (flight.terms.side == .buy ? 1 : -1)
          let told = Fixture.event(
            event, cursor: cursor, flight.terms, size: size, position: held[flight.terms.outcome] ?? 0, final: final)
          _ = core.take(.order(told), at: Double(second))
        }
      }
    }
    return (core, terms)
  }

  @Test("Resting orders stand at the lowest prices, no more of them than allowed, the oldest is cancelled first")
  func resting() throws {
    let run = DrillStrategyTests.run(["take_every_count": 0, "resting_max_count": 2], seconds: 6) { terms in
      terms.action == .cancel ? [(.done, nil, true)] : [(.live, nil, false)]
    }
    let entries = run.terms.filter { $0.action == .enter }
    #expect(entries.count == 6)
    #expect(entries.allSatisfy { $0.price.micros <= 50_000 && $0.size == Shares(whole: 5) })
    #expect(entries.allSatisfy { $0.type == .goodTillCancelled && $0.side == .buy })
    let cancelled = run.terms.filter { $0.action == .cancel }.compactMap(\.cancels)
    #expect(cancelled == Array(entries.prefix(4).map(\.intent)))
  }

  @Test("A taking order buys the venue's least, the outcomes in turn; beyond two lots of one it sells a lot")
  func taking() throws {
    let run = DrillStrategyTests.run(["take_every_count": 1], seconds: 12) { terms in
      [(.live, nil, false), (.fill, terms.size.micros, false), (.done, nil, true)]
    }
    let buys = run.terms.prefix { $0.side == .buy }
    #expect(buys.map(\.outcome) == [.no, .yes, .no, .yes, .no])
    #expect(buys.allSatisfy { $0.type == .fillAndKill && $0.size == Shares(whole: 5) })
    let sale = try #require(run.terms.first { $0.side == .sell })
    #expect(sale.outcome == .no && sale.action == .exit && sale.size == Shares(whole: 5))
    #expect(run.core.context.positions.all.allSatisfy { $0.shares <= Shares(whole: 15) })
  }

  @Test("The pace holds: at most one order an interval of market time, one for so many updates")
  func pace() {
    let slow = DrillStrategyTests.run(["interval_ms": 5000, "take_every_count": 0], seconds: 21) { _ in [] }
    #expect(slow.terms.count == 5)
    let every = DrillStrategyTests.run(["updates_every_count": 10, "take_every_count": 0], seconds: 40) { _ in [] }
    #expect(every.terms.count == 4)
  }

  @Test("It goes on where its checkpoint was, and takes no damaged one")
  func resumes() throws {
    let strategy = Fixture.strategy("drill")
    #expect(strategy.checkpoint["updates"]?.int == 0)
    var other = Fixture.strategy("drill")
    let restored = other.restore(["updates": 7, "orders": 3, "last_ns": 99])
    #expect(restored && other.checkpoint == ["updates": 7, "orders": 3, "last_ns": 99])
    for damaged: JSON in [["updates": 7], ["updates": -1, "orders": 0], .null] {
      let taken = other.restore(damaged)
      #expect(!taken)
    }
  }
}
