import Shared
import Testing

@Suite struct CircuitBreakerTests {
  private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

  private func expectRefusal(
    _ breaker: inout CircuitBreaker, at now: MonotonicTime, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let permit = breaker.permit(at: now)
    #expect(permit == nil, sourceLocation: sourceLocation)
  }

  private func fail(_ breaker: inout CircuitBreaker, _ times: Int, at now: MonotonicTime) {
    for _ in 0..<times { if let permit = breaker.permit(at: now) { breaker.failed(permit, at: now) } }
  }

  @Test("five failures in a row open it; a success between them does not let it open") func inARow() {
    var breaker = CircuitBreaker(seed: 1)
    fail(&breaker, 4, at: at(0))
    let permit = breaker.permit(at: at(0))!
    breaker.succeeded(permit, at: at(0))
    fail(&breaker, 4, at: at(0))
    #expect(breaker.state == .closed)
    fail(&breaker, 1, at: at(0))
    #expect(breaker.state == .open)
    expectRefusal(&breaker, at: at(0.1))
  }

  @Test("half of twenty recent calls open it; old failures are forgotten") func share() {
    func run(spacing: Double) -> CircuitBreaker.State {
      var breaker = CircuitBreaker(seed: 1)
      for number in 0..<40 {
        let now = at(Double(number) * spacing)
        guard let permit = breaker.permit(at: now) else { break }
        if number % 2 == 0 { breaker.succeeded(permit, at: now) } else { breaker.failed(permit, at: now) }
      }
      return breaker.state
    }
    #expect(run(spacing: 0.1) == .open)
    #expect(run(spacing: 10) == .closed)
  }

  @Test(
    "after the wait one probe passes; its success closes, its failure opens for longer",
    arguments: [1, 2, 3] as [UInt64])
  func probing(_ seed: UInt64) throws {
    var breaker = CircuitBreaker(seed: seed)
    fail(&breaker, 5, at: at(0))
    var now = at(0)
    var waits: [Duration] = []
    for _ in 0..<9 {
      let retry = try #require(breaker.retryAt)
      waits.append(retry.since(now))
      expectRefusal(&breaker, at: retry.advanced(by: .nanoseconds(-1)))
      now = retry
      let probePermit = breaker.permit(at: now)
      let probe = try #require(probePermit)
      #expect(breaker.state == .halfOpen)
      expectRefusal(&breaker, at: now)
      breaker.failed(probe, at: now)
      #expect(breaker.state == .open)
    }
    for (index, wait) in waits.enumerated() {
      let top = min(Duration.seconds(60), .seconds(1 << index))
      #expect(wait <= top && wait >= top * 3 / 4)
    }
    now = try #require(breaker.retryAt)
    let probePermit = breaker.permit(at: now)
    let probe = try #require(probePermit)
    breaker.succeeded(probe, at: now)
    #expect(breaker.state == .closed)
    #expect(breaker.retryAt == nil)
    fail(&breaker, 5, at: now)
    #expect(try #require(breaker.retryAt).since(now) <= .seconds(1))
  }

  @Test("a late success from before the opening is not taken for the probe's") func lateAnswer() throws {
    var breaker = CircuitBreaker(seed: 1)
    let slowPermit = breaker.permit(at: at(0))
    let slow = try #require(slowPermit)
    fail(&breaker, 5, at: at(0))
    let probePermit = breaker.permit(at: at(2))
    let probe = try #require(probePermit)
    breaker.succeeded(slow, at: at(2))
    #expect(breaker.state == .halfOpen)
    breaker.failed(probe, at: at(2))
    breaker.succeeded(slow, at: at(2))
    #expect(breaker.state == .open)
  }

  @Test("a probe that never reports does not close the door for ever") func lostProbe() throws {
    var breaker = CircuitBreaker(seed: 1)
    fail(&breaker, 5, at: at(0))
    let lost = breaker.permit(at: at(2))
    #expect(lost != nil)
    expectRefusal(&breaker, at: at(20))
    let secondPermit = breaker.permit(at: at(33))
    let second = try #require(secondPermit)
    breaker.succeeded(second, at: at(33))
    #expect(breaker.state == .closed)
  }
}
