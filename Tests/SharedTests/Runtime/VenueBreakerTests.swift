import Shared
import Testing

@Suite struct VenueBreakerTests {
  private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  private func fail(_ breaker: inout VenueBreaker, _ times: Int, at now: MonotonicTime) {
    for _ in 0..<times { breaker.failed(now) }
  }

  private func probes(_ breaker: inout VenueBreaker, at now: MonotonicTime) -> Bool { breaker.probe(now) }

  @Test("five failures in a row open it; a success between them does not let it open") func inARow() {
    var breaker = VenueBreaker()
    fail(&breaker, 4, at: at(0))
    breaker.succeeded(at(0))
    fail(&breaker, 4, at: at(0))
    #expect(breaker.state == .closed)
    fail(&breaker, 1, at: at(0))
    #expect(breaker.state == .open)
    #expect(!probes(&breaker, at: at(0.9)))
  }

  @Test("after the wait one probe goes; its failure opens for twice as long up to a minute, its success closes")
  func probing() {
    var breaker = VenueBreaker()
    fail(&breaker, 5, at: at(0))
    var now = at(0)
    for wait in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
      let due = now.advanced(by: .seconds(wait))
      #expect(!probes(&breaker, at: due.advanced(by: .nanoseconds(-1))))
      #expect(probes(&breaker, at: due))
      #expect(breaker.state == .halfOpen)
      #expect(!probes(&breaker, at: due.advanced(by: .seconds(600))))
      now = due.advanced(by: .milliseconds(300))
      breaker.failed(now)
      #expect(breaker.state == .open)
    }
    #expect(probes(&breaker, at: now.advanced(by: .seconds(60))))
    breaker.succeeded(now)
    #expect(breaker.state == .closed)
    fail(&breaker, 5, at: now)
    #expect(probes(&breaker, at: now.advanced(by: .seconds(1))))
  }

  @Test("calls that fail while it is open do not put the next probe off; one that is answered closes it")
  func callsWhileOpen() {
    var breaker = VenueBreaker()
    fail(&breaker, 5, at: at(0))
    #expect(probes(&breaker, at: at(1)))
    breaker.failed(at(1))
    // The second wait is two seconds, whatever else is asked in it.
    for tenth in 11...29 { breaker.failed(at(Double(tenth) / 10)) }
    #expect(!probes(&breaker, at: at(2.9)))
    #expect(probes(&breaker, at: at(3)))
    breaker.failed(at(3))
    breaker.succeeded(at(3.5))
    #expect(breaker.state == .closed)
  }

  @Test("the share of faults is that of the last five minutes, and none of a handful of calls") func share() {
    var breaker = VenueBreaker()
    for second in 0..<49 { breaker.failed(at(Double(second))) }
    #expect(breaker.errorPercent(at(49)) == nil)
    breaker.failed(at(49))
    #expect(breaker.errorPercent(at(49)) == 100)
    for second in 50..<200 { breaker.succeeded(at(Double(second))) }
    #expect(breaker.errorPercent(at(199)) == 25)
    for second in stride(from: 200, to: 400, by: 2) { breaker.succeeded(at(Double(second))) }
    #expect(breaker.errorPercent(at(399)) == 0)
    #expect(breaker.errorPercent(at(1000)) == nil)
  }
}
