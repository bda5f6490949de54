import Shared
import Testing

@Suite struct BackoffTests {
  @Test(
    "waits stay under a ceiling that doubles to the cap, and start again after a success",
    arguments: [1, 7, 99] as [UInt64])
  func ceiling(_ seed: UInt64) {
    var backoff = Backoff(base: .milliseconds(50), cap: .seconds(1), seed: seed)
    var ceilings: [Int64] = []
    for _ in 0..<80 {
      let ceiling = backoff.ceiling
      ceilings.append(ceiling.milliseconds)
      let wait = backoff.next()
      #expect(wait > .zero && wait <= ceiling)
    }
    #expect(ceilings.prefix(6) == [50, 100, 200, 400, 800, 1000])
    #expect(ceilings.last == 1000)
    backoff.succeed()
    #expect(backoff.ceiling == .milliseconds(50))
  }

  @Test("a long cap does not overflow") func longCap() {
    var backoff = Backoff(base: .nanoseconds(1), cap: .seconds(4_000_000_000), seed: 3)
    for _ in 0..<200 { #expect(backoff.next() > .zero) }
    #expect(backoff.ceiling == .seconds(4_000_000_000))
  }

  @Test("waits are spread over the whole range") func spread() {
    var low = 0
    for seed in 0..<1000 as Range<UInt64> {
      var backoff = Backoff(base: .milliseconds(100), cap: .seconds(1), seed: seed)
      if backoff.next() < .milliseconds(50) { low += 1 }
    }
    #expect((400...600).contains(low))
  }
}
