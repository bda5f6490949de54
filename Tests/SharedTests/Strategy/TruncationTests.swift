import FloorTestSupport
import Shared
import Testing

@Suite("No strategy looks ahead")
struct TruncationTests {
  /// Settings with which each strategy finds something to do in a random market; a strategy that is new gets none of its own.
  static func parameters(of strategy: String) -> JSON {
    switch strategy {
    case "momentum", "reversion": MadeUpDay.parameters
    case "spike": ["fee_cover_ratio": "0", "roc_threshold_pct": "0.5", "cooldown_s": 5]
    case "volume":
      [
        "short_s": 3, "baseline_s": 20, "surge_ratio": "2", "volume_min_shares": "20", "fee_cover_ratio": "0",
        "cooldown_s": 5,
      ]
    case "hammer":
      [
        "alpha_ratio": "1", "d_min_sigma": "0.01", "ev_min_points": "0", "ev_too_good_points": "1", "hammer_s": 60,
        "book_age_max_ms": 5000, "mid_change_max_points": "1", "shock_sigma": "100",
      ]
    default: .object([])
    }
  }

  @Test(
    "A decision does not change when what came after it is removed, whatever the strategy",
    arguments: StrategyRegistry.kinds.map(\.name), Seeds.some(2))
  func truncation(name: String, seed: UInt64) {
    let steps = RandomMarket(seed: seed).steps()
    let parameters = TruncationTests.parameters(of: name)
    let run = AgentRunTests.run(steps, name, parameters, seed: seed)
    let whole = run.effects
    #expect(run.core.entries > 0, "a strategy that does nothing proves nothing")
    var random = SeededGenerator(seed: seed)
    for _ in 0..<5 {
      let cut = Int.random(in: 1..<steps.count, using: &random)
      let part = AgentRunTests.run(Array(steps[..<cut]), name, parameters, seed: seed).effects
      #expect(part == Array(whole.prefix(part.count)), "cut after \(cut) of \(steps.count) events")
    }
  }
}
