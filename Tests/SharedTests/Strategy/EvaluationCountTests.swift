import Testing

@testable import Shared

@Suite("What an agent's evaluations came to")
struct EvaluationCountTests {
  private func whole(_ counts: EvaluationCount) -> Bool {
    counts.evaluations == counts.quiet + counts.refusals + counts.signals
  }

  @Test(
    "A price without a signal is quiet, a refused one counts by its reason, a wish is a signal, and a beat without a word is nothing"
  )
  func counted() {
    var (core, _) = AgentCoreTests.entering()
    #expect(core.counts.signals == 1 && whole(core.counts))
    let before = core.counts
    _ = core.take(.reference(Fixture.reference("90600", at: 3, order: 2002)), at: 3)
    _ = core.take(.reference(Fixture.reference("90700", at: 4, order: 2003)), at: 4)
    #expect(core.counts.refused[.intentPending] == 2)
    _ = core.take(.beat, at: 4.1)
    #expect(core.counts.evaluations == before.evaluations + 2 && whole(core.counts))
    #expect(core.counts.reasons["intent_pending"]?.int == 2)
    // The first stands in a row already.
    #expect(core.unreported >= 1)
  }

  @Test(
    "On any course of prices evaluations are the sum of their ends, and rows and unreported refusals together all refusals"
  )
  func sums() {
    for seed: UInt64 in 1...20 {
      var core = Fixture.core()
      core.warm()
      var numbers = SeededGenerator(seed: seed)
      var rows: Int64 = 0
      for step in 1...400 {
        let second = Double(step)
        let event: AgentEvent =
          switch numbers.next() % 4 {
          case 0:
            .market(Fixture.market(at: second, order: 3000 + Int64(step), bid: Int64(numbers.next() % 90) + 1, ask: 95))
          case 1: .beat
          case 2 where step % 50 == 0: .blind
          default:
            .reference(Fixture.reference(String(89_000 + numbers.next() % 2000), at: second, order: 3000 + Int64(step)))
          }
        for decision in core.take(event, at: second).decisions where decision.kind == .refusal && decision.intent == nil
        {
          rows += decision.count
        }
      }
      #expect(whole(core.counts), "seed \(seed)")
      #expect(rows + core.unreported == core.counts.refusals, "seed \(seed)")
      var last: [AgentEffect] = []
      core.finish(&last)
      rows += last.decisions.reduce(0) { $0 + $1.count }
      #expect(rows == core.counts.refusals && core.unreported == 0, "seed \(seed)")
      #expect(core.counts.evaluations > 300)
    }
  }
}
