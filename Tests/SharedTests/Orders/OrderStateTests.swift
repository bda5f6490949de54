import Shared
import Testing

@Suite struct OrderStateTests {
  @Test(
    "Every edge of the table is an edge of the record, and the record has no other but CANCEL_SENT's and UNKNOWN's returns"
  )
  func edges() {
    var edges: Set<String> = []
    for state in OrderState.allCases {
      for trigger in OrderTrigger.allCases {
        if case .to(let next) = state.step(trigger) {
          #expect(next != state)
          edges.insert("\(state.rawValue) \(next.rawValue)")
        }
      }
    }
    let recorded: [String: [String]] = [
      "RESERVED": ["SIGNED", "EXPIRED_UNSENT"],
      "SIGNED": ["SENDING", "EXPIRED_UNSENT"],
      "SENDING": ["LIVE", "DELAYED", "UNKNOWN", "FILLED", "CANCELLED", "REJECTED"],
      "LIVE": ["CANCEL_SENT", "FILLED", "CANCELLED"],
      "DELAYED": ["LIVE", "CANCEL_SENT", "FILLED", "CANCELLED", "REJECTED"],
      "CANCEL_SENT": ["FILLED", "CANCELLED"],
      "UNKNOWN": ["LIVE", "DELAYED", "FILLED", "CANCELLED", "REJECTED", "VOID"],
    ]
    let expected = Set(recorded.flatMap { from, to in to.map { "\(from) \($0)" } })
    #expect(edges == expected)
  }

  @Test("A terminal state is never left, whatever happens")
  func terminal() {
    for state in OrderState.allCases where state.isTerminal {
      for trigger in OrderTrigger.allCases {
        if case .to = state.step(trigger) { Issue.record("\(state) leaves by \(trigger)") }
      }
    }
  }

  @Test("The venue can never make a step impossible: only our own triggers can")
  func venueNeverCrashesUs() {
    let theirs: [OrderTrigger] = [
      .venueLive, .venueDelayed, .venueRejected, .venueFilled, .venueCancelled, .cancelRefused,
    ]
    for state in OrderState.allCases {
      for trigger in theirs { #expect(state.step(trigger) != .impossible, "\(state) \(trigger)") }
    }
  }

  @Test("A lost outcome never ends an order, and only proven absence makes it VOID")
  func unknownIsHeld() {
    for state in OrderState.allCases {
      if case .to(let next) = state.step(.loseOutcome) { #expect(next == .unknown) }
      for trigger in OrderTrigger.allCases where state.step(trigger) == .to(.void) {
        #expect(state == .unknown && trigger == .proveAbsence)
      }
    }
  }

  @Test(
    "Settlement moves forward only, and FAILED undoes what is not final",
    arguments: [
      (SettlementState.matched, SettlementState.mined, SettlementState.Step.advances),
      (.matched, .confirmed, .advances),
      (.mined, .matched, .stays), (.confirmed, .matched, .stays), (.matched, .failed, .voids),
      (.mined, .failed, .voids),
      (.confirmed, .failed, .surprise), (.failed, .matched, .stays), (.failed, .confirmed, .surprise),
      (.failed, .failed, .stays),
    ])
  func settlement(from: SettlementState, to: SettlementState, step: SettlementState.Step) {
    #expect(from.step(to) == step)
  }
}
