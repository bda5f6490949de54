import FloorTestSupport
import Shared
import Testing

@testable import FloorSim

@Suite("Weights of model and market")
struct LogitWeightsTests {
  @Test("Four cells of one logit have a closed form: the logit of the share that came, over the logit that was said")
  func closedForm() {
    // Said 0.6, came 3 of 4: b = ln 3 / ln 1.5. The prior pulls by far less than a hundredth.
    let said = LogitWeights.logit(0.6)
    let points = (0..<2000).map { LogitWeights.Point(model: 0, mid: said, cameUp: $0 % 4 != 0) }
    let weights = LogitWeights.fit(points)
    #expect(abs(weights.mid - 1.0986122886681098 / 0.4054651081081644) < 2e-3 && weights.model == 0)
  }

  @Test("The fit stands where the likelihood does not change", arguments: Seeds.some(4)) func stationary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let points = (0..<300).map { _ in
      LogitWeights.Point(
        model: random.uniform() * 6 - 3, mid: random.uniform() * 6 - 3, cameUp: random.uniform() < 0.5)
    }
    let (a, b) = LogitWeights.fit(points)
    var (ga, gb) = (a / 100, b / 100)
    for point in points {
      let miss = 1 / (1 + Elementary.exp(-(a * point.model + b * point.mid))) - (point.cameUp ? 1 : 0)
      ga += miss * point.model
      gb += miss * point.mid
    }
    #expect(abs(ga) < 1e-6 && abs(gb) < 1e-6, "seed \(seed)")
  }

  @Test(
    "Where the middle is right and the model is noise, the middle has weight one and the model none",
    arguments: Seeds.some(3))
  func recovers(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let samples = (0..<1000).map { index -> ForecastSample in
      let p = 0.05 + 0.9 * random.uniform()
      let noise = 0.05 + 0.9 * random.uniform()
      let closes = Int64(index) * 300
      return ForecastSample(
        cluster: closes, closes: closes, left: 15, forecasts: [.tailedTwap: noise, .marketMid: p],
        cameUp: random.uniform() < p)
    }
    let weights = try #require(LogitWeights(.tailedTwap, samples, ClusterBootstrap(draws: 40)))
    #expect(weights.samples == 1000)
    #expect(abs(weights.ofMid.value - 1) < 0.35 && abs(weights.ofModel.value) < 0.3, "seed \(seed): \(weights)")
    #expect(weights.ofMid.low < weights.ofMid.value && weights.ofMid.value < weights.ofMid.high, "seed \(seed)")
  }

  @Test("Results that the logits tell without a fault leave finite weights, and too few samples none") func separable()
    throws
  {
    func samples(_ count: Int) -> [ForecastSample] {
      (0..<count).map { index in
        let isUp = index % 2 == 0
        let forecasts: [Forecaster: Double] = [.tailedSpot: isUp ? 0.9 : 0.1, .marketMid: isUp ? 0.8 : 0.2]
        let closes = Int64(index) * 300
        return ForecastSample(cluster: closes, closes: closes, left: 15, forecasts: forecasts, cameUp: isUp)
      }
    }
    let weights = try #require(LogitWeights(.tailedSpot, samples(40), ClusterBootstrap(draws: 40)))
    #expect(weights.ofMid.high.isFinite && weights.ofModel.value > 0 && weights.ofMid.value > 0)
    #expect(LogitWeights(.tailedSpot, samples(29), ClusterBootstrap(draws: 40)) == nil)
  }
}
