import FloorTestSupport
import Shared
import Testing

@testable import FloorBench

@Suite("percentiles")
struct PercentilesTests {
  @Test(
    "of a thousand numbers in any order, the 500th, the 990th and the 999th largest from below",
    arguments: Seeds.some(3))
  func thousand(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var sample = (0..<1000).map(Int64.init)
    sample.shuffle(using: &random)
    #expect(Percentiles(sample) == Percentiles(p50: 500, p99: 990, p999: 999))
  }

  @Test("of one number, that number")
  func one() { #expect(Percentiles([42]) == Percentiles(p50: 42, p99: 42, p999: 42)) }

  @Test("over rounds each figure's own median counts, and one bad round moves none")
  func rounds() {
    let rounds = [
      Percentiles(p50: 10, p99: 90, p999: 100), Percentiles(p50: 12, p99: 80, p999: 900),
      Percentiles(p50: 5000, p99: 85, p999: 110),
    ]
    #expect(Percentiles.median(rounds) == Percentiles(p50: 12, p99: 85, p999: 110))
    #expect(Percentiles.median([Percentiles]()) == nil)
  }
}
