import FloorTestSupport
import Shared
import Testing

@testable import FloorSim

@Suite("Clustered bootstrap")
struct ClusterBootstrapTests {
  private func clusters(_ values: [[Double]]) -> [ClusterBootstrap.Cluster] {
    values.map { values in
      var cluster = ClusterBootstrap.Cluster()
      for value in values { cluster.put(value) }
      return cluster
    }
  }

  @Test("Two clusters have four resamples, which can be counted: means 0, 1/2 and 1, each end one time in four")
  func counted() throws {
    let estimate = try #require(ClusterBootstrap().mean(clusters([[0], [1]])))
    #expect(estimate.value == 0.5 && estimate.low == 0 && estimate.high == 1)
  }

  @Test("A resample's mean is that of all values drawn, not the mean of the clusters' means")
  func ratio() throws {
    // Of {0} and {1, 1, 1}: all values' mean is 3/4; drawn twice the same: 0 or 1, each one time in four.
    let estimate = try #require(ClusterBootstrap().mean(clusters([[0], [1, 1, 1]])))
    #expect(estimate == ClusterBootstrap.Estimate(value: 0.75, low: 0, high: 1))
    // A third cluster without a value is drawn too, and says nothing.
    let thinned = try #require(ClusterBootstrap().mean(clusters([[0], [1, 1, 1], []])))
    #expect(thinned == ClusterBootstrap.Estimate(value: 0.75, low: 0, high: 1))
    #expect(ClusterBootstrap().mean(clusters([[], []])) == nil)
  }

  @Test("Single values: the half width is 1.96 standard errors, of which the closed form is √(Σ(x − mean)²)/n")
  func standardError() throws {
    for seed in Seeds.some(4) {
      let values = (0..<400).map { [$0 % 4 == 0 ? 1.0 : 0.0] }
      let estimate = try #require(ClusterBootstrap(draws: 4000, seed: seed).mean(clusters(values)))
      // p = 1/4: √(400 · 3/16)/400.
      let error = (400.0 * 3 / 16).squareRoot() / 400
      #expect(estimate.value == 0.25)
      #expect(abs((estimate.high - estimate.low) / 2 / (1.959964 * error) - 1) < 0.06, "seed \(seed)")
    }
  }

  @Test(
    "Copies within a cluster add nothing: the interval is as wide as with one each, and √k wider than if copies were news"
  )
  func copies() throws {
    let single = (0..<100).map { [$0 % 3 == 0 ? 1.0 : 0.0] }
    let one = try #require(ClusterBootstrap().mean(clusters(single)))
    let nine = try #require(ClusterBootstrap().mean(clusters(single.map { Array(repeating: $0[0], count: 9) })))
    #expect(abs(one.low - nine.low) < 1e-12 && abs(one.high - nine.high) < 1e-12)
    let apart = single.flatMap { Array(repeating: $0, count: 9) }
    let wrong = try #require(ClusterBootstrap().mean(clusters(apart)))
    let ratio = (nine.high - nine.low) / (wrong.high - wrong.low)
    #expect(abs(ratio - 3) < 0.25, "\(ratio)")
  }

  @Test("The same seed gives the same interval, another seed another")
  func seeded() throws {
    let values = clusters((0..<40).map { [Double($0 % 7)] })
    #expect(ClusterBootstrap(seed: 5).mean(values) == ClusterBootstrap(seed: 5).mean(values))
    #expect(ClusterBootstrap(seed: 5).mean(values) != ClusterBootstrap(seed: 6).mean(values))
  }

  @Test("A quantile lies on the line between its neighbours")
  func quantiles() {
    #expect(ClusterBootstrap.quantile([10, 20, 40], 0) == 10)
    #expect(ClusterBootstrap.quantile([10, 20, 40], 0.25) == 15)
    #expect(ClusterBootstrap.quantile([10, 20, 40], 0.75) == 30)
    #expect(ClusterBootstrap.quantile([10, 20, 40], 1) == 40)
    #expect(ClusterBootstrap.quantile([7], 0.5) == 7)
    #expect(ClusterBootstrap.quantile([], 0.5) == nil)
  }
}
