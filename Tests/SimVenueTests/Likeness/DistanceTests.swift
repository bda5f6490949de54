import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite("Distances of distributions") struct DistanceTests {
  @Test("the same samples are at no distance, samples that never meet are at the largest")
  func ends() {
    let here = EmpiricalDistribution([3, 1, 2])
    #expect(here.kolmogorovSmirnov(EmpiricalDistribution([1, 2, 3, 1, 2, 3])) == 0)
    #expect(here.kolmogorovSmirnov(EmpiricalDistribution([10, 11])) == 1)
    #expect(here.kolmogorovSmirnov(EmpiricalDistribution([])) == 1)
    #expect(here.wasserstein(here) == 0)
    #expect(here.wasserstein(EmpiricalDistribution([])) == .infinity)
  }

  @Test("distances worked out by hand")
  func byHand() {
    let a = EmpiricalDistribution([0, 1, 3])
    let b = EmpiricalDistribution([5, 6, 8])
    #expect(abs(a.wasserstein(b) - 5) < 1e-12)
    // Half of two against a third of three: quantiles 0 | 0 1 | 1 … against 0 1 2.
    let two = EmpiricalDistribution([0, 2])
    let three = EmpiricalDistribution([0, 1, 2])
    #expect(abs(two.wasserstein(three) - (1.0 / 6 * 1 + 1.0 / 6 * 1)) < 1e-12)
    #expect(abs(two.kolmogorovSmirnov(three) - 1.0 / 6) < 1e-12)
    #expect(three.quantile(0.5) == 1 && three.cumulative(1) == 2.0 / 3 && three.cumulative(-1) == 0)
  }

  @Test(
    "a shift is the Wasserstein distance, whatever the samples; the KS statistic has no side", arguments: Seeds.some(3))
  func shifts(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let samples = (0..<200).map { _ in generator.uniform() }
    let a = EmpiricalDistribution(samples)
    let b = EmpiricalDistribution(samples.map { $0 + 2.5 })
    #expect(abs(a.wasserstein(b) - 2.5) < 1e-9)
    let c = EmpiricalDistribution((0..<77).map { _ in generator.uniform() * 2 })
    #expect(a.kolmogorovSmirnov(c) == c.kolmogorovSmirnov(a))
    #expect(abs(a.wasserstein(c) - c.wasserstein(a)) < 1e-12)
  }

  @Test("a second of a book is measured level by level; a book without a side is not")
  func measuresASecond() throws {
    func level(_ cents: Int64, _ shares: Int64) throws -> MarketFeatures.Level {
      .init(price: try #require(Price(micros: cents * 10_000)), size: Shares(micros: shares * 1_000_000))
    }
    var features = MarketFeatures()
    features.addSecond(bids: [try level(3, 10), try level(2, 20), try level(1, 30)], asks: [try level(5, 40)])
    features.addSecond(bids: [try level(3, 10)], asks: [])
    features.addSecond(bids: [try level(4, 10)], asks: [try level(5, 40)])
    features.addSecond(bids: [try level(5, 10)], asks: [try level(7, 40)])
    #expect(features.samples[.spread] == [2, 1, 2])
    #expect(features.samples[.bestSize] == [10, 40, 10, 40, 10, 40])
    #expect(features.samples[.secondSize] == [30])
    // All three cents below the best bid are taken, of the 95 above the best ask one.
    #expect(features.samples[.levels]?.first == 1)
    #expect(features.samples[.levels]?.dropFirst().first == 1.0 / 95)
    // Between the two books that follow one another.
    #expect(features.samples[.move] == [1.5])
  }

  @Test(
    "a market that repeats the reference's moves two seconds later reacts at the lag of two", arguments: Seeds.some(2))
  func reaction(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var path = [100.0]
    for _ in 0..<400 { path.append(path[path.count - 1] + generator.uniform() - 0.5) }
    var features = MarketFeatures()
    for index in 2..<path.count { features.add(.init(market: 50 + path[index - 2], reference: path[index])) }
    let reaction = features.reaction(lags: -3...5)
    #expect(reaction.map(\.lag) == Array(-3...5))
    for (lag, correlation) in reaction {
      #expect(lag == 2 ? correlation > 0.999 : abs(correlation) < 0.25, "lag \(lag): \(correlation)")
    }
  }
}
