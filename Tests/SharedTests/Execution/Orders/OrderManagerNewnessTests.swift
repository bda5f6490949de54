import Shared
import Testing

/// What may leave on the journal's word alone: only what the record cannot have answered before.
@Suite struct OrderManagerNewnessTests {
  typealias Script = OrderManagerTests.Script

  private func isJournaled(_ effects: [GatewayEffect]) -> Bool {
    effects.contains { if case .journal = $0 { true } else { false } }
  }

  /// What becomes of an exit that is heard: is it signed, and then journaled?
  private func isTaken(_ script: Script, _ wish: IntentMessage) -> Bool {
    let effects = script.feed(.intent(wish, .valid, script.world.view))
    guard effects.contains(where: { if case .sign = $0 { true } else { false } }) else { return false }
    return isJournaled(script.feed(.signed(wish.terms.intent, script.order(7), failure: "")))
  }

  @Test(
    "With the record away, an exit of a number that the record has seen is left unanswered, and taken when it is back")
  func repeated() {
    let script = Script()
    _ = script.feed(.decisionsRead([AgentName("a")!: 5]))
    _ = script.feed(.database(up: false))
    let old = script.world.wish(5, side: .sell, price: "0.48")
    #expect(script.feed(.intent(old, .valid, script.world.view)) == [])
    #expect(script.manager.counters.held == 1)
    #expect(isTaken(script, script.world.wish(6, side: .sell, price: "0.48")))
    _ = script.feed(.database(up: true))
    let effects = script.feed(.intent(old, .valid, script.world.view))
    #expect(effects.contains { if case .sign = $0 { true } else { false } })
  }

  @Test("An exit that may be a repeat waits for the record, also when that goes away while its commit is under way")
  func midway() {
    let script = Script()
    _ = script.feed(.decisionsRead([AgentName("a")!: 5]))
    let old = script.world.wish(5, side: .sell, price: "0.48")
    let new = script.world.wish(6, side: .sell, price: "0.47")
    for (number, wish) in [(7, old), (8, new)] {
      _ = script.feed(.intent(wish, .valid, script.world.view))
      _ = script.feed(.signed(wish.terms.intent, script.order(number), failure: ""))
    }
    let lost = script.feed(.database(up: false))
    let journaled = lost.compactMap { if case .journal(let submission) = $0 { submission.terms.intent } else { nil } }
    #expect(journaled == [new.terms.intent])
    _ = script.feed(.database(up: true))
    #expect(script.feed(.submitted(old.terms.intent, .committed)) == [.post(script.order(7))])
  }

  @Test("What this gateway has forgotten, and what an order of an earlier life was made of, is no news either")
  func forgotten() {
    let script = Script()
    let first = script.world.wish(3, side: .sell, price: "0.48")
    _ = script.feed(.intent(first, .valid, script.world.view))
    _ = script.feed(.signed(first.terms.intent, script.order(7), failure: ""))
    _ = script.feed(.submitted(first.terms.intent, .refused(code: "no_shares", detail: "")))
    _ = script.wait(script.manager.settings.retention.milliseconds + 1)
    _ = script.feed(.database(up: false))
    #expect(script.feed(.intent(first, .valid, script.world.view)) == [])
    #expect(script.manager.counters.held == 1)
  }

  @Test("An agent counts its decisions; what does not end in its number is none of them")
  func numbers() {
    let agent = AgentName("a-1")!
    #expect(IntentID(agent: agent, decision: 42).decision(of: agent) == 42)
    #expect(IntentID("a-1.gateway-17-2")!.decision(of: agent) == nil)
    #expect(IntentID("a-12.4")!.decision(of: agent) == nil)
    #expect(IntentID("a-1.42.journaled")!.decision(of: agent) == nil)
  }
}
