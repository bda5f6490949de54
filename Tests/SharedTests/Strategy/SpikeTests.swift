import FloorTestSupport
import Shared
import Testing

@Suite("Spikes: three layers and the book's liquidity, followed or faded")
struct SpikeTests {
  private static func settings(_ parameters: JSON = .object([])) throws -> SpikeSettings {
    let kind = try #require(StrategyRegistry.kind("spike"))
    return SpikeSettings(try StrategyParameters(kind, parameters, size: USD(dollars: 20)))
  }

  /// A detector of a token's price that has seen `count` values, one a second, ending at second `count`.
  private static func detector(_ parameters: JSON = .object([]), _ values: [Int64]) throws -> SpikeDetector {
    var detector = SpikeDetector(try settings(parameters), isRelative: false)
    for (second, value) in values.enumerated() { detector.observe(value, at: Fixture.time(Double(second + 1))) }
    return detector
  }

  /// Calm: around 0.50, as far above as below.
  private static func calm(_ count: Int, width: Int64 = 1000) -> [Int64] {
    (0..<count).map { 500_000 + ($0 % 2 == 0 ? width : -width) }
  }

  // MARK: The detector

  @Test("In calm water no layer speaks")
  func calm() throws {
    var detector = try Self.detector([:], [])
    for (second, value) in Self.calm(300).enumerated() {
      detector.observe(value, at: Fixture.time(Double(second + 1)))
      #expect(detector.layers.areSilent)
    }
    #expect(detector.isWarm && abs(detector.base - 500_000) < 200 && abs(detector.deviation - 1000) < 50)
  }

  @Test("A jump raises all three layers in its direction", arguments: [1, -1])
  func jump(side: Int) throws {
    let detector = try Self.detector(
      [:], Self.calm(60) + [500_000 + Int64(side) * 40_000, 500_000 + Int64(side) * 40_000])
    // The step at second 61 is over: 0.04 less the slack of 0.005 is above 0.03.
    #expect(detector.layers.cusum == side && detector.layers.bands == side && detector.layers.roc == side)
    #expect(detector.value == Double(500_000 + side * 40_000) && detector.stepEnd == Fixture.time(61))
  }

  @Test("Three and a half deviations are outside bands of 2.5 from the base of before; the base they moved hides them")
  func hidden() throws {
    for (baseline, expected) in [("before", 1), ("latest", 0)] {
      let detector = try Self.detector(
        ["baseline": .string(baseline)], Self.calm(200) + [503_500, 503_500])
      #expect(detector.layers.bands == expected, "\(baseline)")
    }
  }

  @Test("A spike that goes away is forgotten to the last bit; what stays for the span is the new normal")
  func normal() throws {
    let before = try Self.detector([:], Self.calm(101))
    let gone = try Self.detector([:], Self.calm(100) + [560_000, 560_000, 430_000, 430_000] + Self.calm(40))
    #expect(abs(gone.base - before.base) < 300 && gone.layers.cusum == 0)
    let stayed = try Self.detector([:], Self.calm(100) + Array(repeating: 560_000, count: 80))
    #expect(stayed.layers.areSilent && abs(stayed.base - 560_000) < 100)
    let back = try Self.detector([:], Self.calm(100) + Array(repeating: 560_000, count: 80) + [500_000, 500_000])
    #expect(back.layers.cusum == -1 && back.layers.bands == -1 && back.layers.roc == -1)
  }

  @Test("A slow drift is an alarm of the sums before the speed or the bands of noise say anything")
  func drift() throws {
    // Half a cent a second above a slack of 0.005 a step: the sums notice what no single step shows.
    var detector = try Self.detector(
      ["ewma_width_sigma": "20", "cusum_threshold_ratio": "0.01"], Self.calm(60, width: 4000))
    for second in 0..<8 { detector.observe(512_000, at: Fixture.time(Double(61 + second))) }
    #expect(detector.layers.cusum == 1 && detector.layers.bands == 0 && detector.layers.roc == 0)
  }

  @Test("Standard deviations are their own unit: 2.5 with a slack of 0.5")
  func sigma() throws {
    let parameters: JSON = ["cusum_unit": "sigma", "cusum_threshold_ratio": "2.5", "cusum_slack_ratio": "0.5"]
    let small = try Self.detector(parameters, Self.calm(200, width: 10_000) + [520_000, 520_000])
    #expect(small.layers.cusum == 0)
    let large = try Self.detector(parameters, Self.calm(200, width: 10_000) + [535_000, 535_000])
    #expect(large.layers.cusum == 1)
    // Where nothing has moved for an hour, a cent is still no wave, and no number is without end.
    let still = try Self.detector(parameters, Array(repeating: 500_000, count: 3600) + [510_000, 510_000])
    #expect(still.layers.cusum == 0 && still.cusumProgress < 1)
  }

  @Test("A silence teaches as much as it lasts, at most a span, and costs no more")
  func silence() throws {
    var detector = try Self.detector([:], Self.calm(100))
    detector.observe(500_500, at: Fixture.time(86_400))
    #expect(detector.layers.areSilent && abs(detector.base - 499_000) < 200)
  }

  @Test("A restart in the middle goes on bit for bit; a damaged checkpoint changes nothing", arguments: Seeds.some(4))
  func restart(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var whole = try Self.detector([:], [])
    var time = 0.0
    var value: Int64 = 500_000
    var restarted: SpikeDetector?
    let stop = Int.random(in: 1...299, using: &random)
    for step in 0..<300 {
      time += Double(Int64.random(in: 50...2500, using: &random)) / 1000
      value +=
        Int64.random(in: -3000...3000, using: &random) + (step % 90 == 60 ? 50_000 : step % 90 == 70 ? -50_000 : 0)
      if step == stop {
        var new = SpikeDetector(try Self.settings(), isRelative: false)
        let untouched = new
        let (isDamaged, isRestored) = (
          !new.restore(whole.checkpoint.with("stray", 5)) && new == untouched, new.restore(whole.checkpoint)
        )
        #expect(isDamaged && isRestored)
        restarted = new
      }
      whole.observe(value, at: Fixture.time(time))
      restarted?.observe(value, at: Fixture.time(time))
    }
    #expect(restarted == whole)
  }

  @Test("After a change of settings the old sums mean nothing: the detector begins anew")
  func otherSettings() throws {
    let old = try Self.detector([:], Self.calm(60) + [540_000, 540_000]).checkpoint
    var new = SpikeDetector(
      try Self.settings(["cusum_unit": "sigma", "cusum_threshold_ratio": "2.5", "cusum_slack_ratio": "0.5"]),
      isRelative: false)
    let isRestored = new.restore(old)
    #expect(isRestored && !new.isWarm && new.layers.areSilent)
  }

  // MARK: The strategy

  /// An agent that has watched a calm market until second 30, then sees its YES book jump by four cents for two seconds.
  private static func spiked(_ parameters: JSON = .object([]), size: Int64 = 500) -> (AgentCore, [AgentEffect]) {
    var core = Fixture.core("spike", parameters)
    for second in 0...30 {
      _ = core.take(.market(Fixture.market(at: Double(second), order: Int64(second + 1))), at: Double(second))
    }
    var effects: [AgentEffect] = []
    for second in 31...32 {
      effects += core.take(
        .market(Fixture.market(at: Double(second), order: Int64(second + 1), bid: 54, ask: 55, size: size)),
        at: Double(second))
    }
    return (core, effects)
  }

  @Test("Following buys the side it goes to, fading the other; the decision holds what the layers said")
  func twins() throws {
    for (direction, outcome) in [("follow", Outcome.yes), ("fade", .no)] {
      let (_, effects) = Self.spiked(["direction": .string(direction)])
      let terms = try #require(effects.published.first?.terms)
      #expect(terms.outcome == outcome && terms.side == .buy && terms.action == .enter)
      let decision = try #require(effects.decisions.first)
      #expect(decision.reason == "spike_up_\(direction)")
      #expect(decision.detail["layers"]?.text == #"{"cusum":1,"bands":1,"roc":1}"#)
      #expect(decision.detail["confidence_ratio"]?.string == "1" && decision.detail["value"]?.string == "0.545")
      #expect(decision.detail["base_value"]?.string == "0.505")
    }
  }

  @Test("Layers that are not required may be silent as long as enough agree")
  func layers() {
    // No speed is enough: one of the three layers stays silent, the confidence is 0.75.
    #expect(Self.spiked(["roc_threshold_pct": "50"]).1.isEmpty)
    #expect(Self.spiked(["roc_threshold_pct": "50", "layers_required": ["cusum", "bands"]]).1.isEmpty)
    let enough: JSON = [
      "roc_threshold_pct": "50", "layers_required": ["cusum", "bands"], "confidence_min_ratio": "0.75",
    ]
    #expect(Self.spiked(enough).1.published.count == 1)
    let missing: JSON = ["roc_threshold_pct": "50", "layers_required": ["roc"], "confidence_min_ratio": "0.5"]
    #expect(Self.spiked(missing).1.isEmpty)
  }

  @Test("Into a thin book nothing is ordered, whatever the layers say")
  func liquidity() {
    #expect(Self.spiked([:], size: 80).1.reasons == ["too_thin"])
    #expect(Self.spiked(["liquidity_min_usd": "30"], size: 80).1.published.count == 1)
  }

  @Test("With the defaults a spike out of a calm whose range is long known is traded")
  func known() {
    var core = Fixture.core("spike")
    for second in 0...120 {
      let up = Int64(second % 2)
      _ = core.take(
        .market(Fixture.market(at: Double(second), order: Int64(second + 1), bid: 50 + up, ask: 51 + up)),
        at: Double(second))
    }
    let effects = (121...122).flatMap { second in
      core.take(
        .market(Fixture.market(at: Double(second), order: Int64(second + 1), bid: 58, ask: 59)), at: Double(second))
    }
    #expect(effects.published.first?.terms.outcome == .yes, "\(effects.reasons)")
  }

  @Test("A profit target that does not cover fees and spread is refused")
  func fees() { #expect(Self.spiked(["take_profit_points": "0.03"]).1.reasons == ["fees_exceed_target"]) }

  @Test(
    "A threshold of deviations under the unit of prices is refused with the explanation, and so is a slack above it")
  func refusals() {
    for (parameters, word) in [
      (["cusum_threshold_ratio": "2.5"], "standard deviations"), (["cusum_slack_ratio": "0.05"], "below"),
    ] as [(JSON, String)] {
      #expect {
        try StrategyRegistry.make("spike", parameters: parameters, size: USD(dollars: 20))
      } throws: { "\($0)".contains(word) }
    }
    #expect(throws: Never.self) {
      try StrategyRegistry.make(
        "spike", parameters: ["cusum_threshold_ratio": "2.5", "cusum_unit": "sigma"], size: USD(dollars: 20))
    }
  }
}
