import FloorTestSupport
import Shared
import Testing

@Suite("Unusual volume, by what takers took or by what appears in the book")
struct VolumeTests {
  static let quick: JSON = ["short_s": 2, "baseline_s": 4]

  private static func level(_ cents: Int64, _ shares: Int64) -> BookLevel { Fixture.level(cents, shares) }

  private static func flow(_ yes: Int64, _ no: Int64) -> TakerFlow {
    TakerFlow(towardYes: Shares(whole: yes), towardNo: Shares(whole: no))
  }

  private static func market(
    at second: Double, _ order: Int64, flow: TakerFlow = .none, bids: [BookLevel]? = nil, asks: [BookLevel]? = nil,
    epoch: Int64 = 1, boot: String = "f1"
  ) -> MarketUpdate {
    var update = Fixture.market(at: second, order: order, boot: boot)
    update.flow = flow
    update.bookEpoch = epoch
    if let bids { update.yes.bids = bids }
    if let asks { update.yes.asks = asks }
    update.no = update.yes.mirrored
    return update
  }

  /// An agent to which an update came each second from 0 to `last`, with what takers had taken by then.
  private static func watched(
    _ parameters: JSON = quick, to last: Int, _ flow: (Int) -> TakerFlow
  ) -> (core: AgentCore, effects: [AgentEffect]) {
    var core = Fixture.core("volume", parameters)
    var effects: [AgentEffect] = []
    for second in 0...last {
      effects += core.take(
        .market(market(at: Double(second), Int64(second + 1), flow: flow(second))), at: Double(second))
    }
    return (core, effects)
  }

  @Test("Three times the usual is followed to the side that takers took, and a share less is not")
  func threeTimes() throws {
    // Fifty a second are usual, a hundred in two seconds. In the seconds 8 and 9 come 299, then 300.
    for (extra, side) in [(299, Outcome?.none), (300, .yes), (300, .no)] as [(Int64, Outcome?)] {
      let (_, effects) = Self.watched(to: 9) { second in
        let toYes = Int64(25 * min(second, 7))
        let toNo = Int64(25 * min(second, 7))
        let late = second > 8 ? extra : 0
        return side == .no ? Self.flow(toYes, toNo + late) : Self.flow(toYes + late, toNo)
      }
      // By second 9 the recent ones are 8 (nothing) and 9; before them 4 … 7.
      let acted = effects.decisions.filter { $0.kind == .signal }
      guard let side else {
        #expect(acted.isEmpty)
        continue
      }
      let decision = try #require(acted.first)
      #expect(decision.reason == (side == .yes ? "volume_up" : "volume_down") && decision.now == Fixture.time(9))
      let terms = try #require(effects.published.first?.terms)
      #expect(terms.outcome == side && terms.side == .buy && terms.action == .enter)
      let detail = decision.detail
      #expect(detail["input"]?.string == "trades" && detail["usual_shares"]?.string == "100")
      #expect(detail[side == .yes ? "yes_shares" : "no_shares"]?.string == "300")
      #expect(detail["surge_ratio"]?.string == "3")
      #expect(detail["lean_ratio"]?.string == (side == .yes ? "1" : "-1"))
    }
  }

  @Test("Until both spans are known it is warming up; too few shares, or as many to either side, are quiet")
  func quiet() {
    #expect(Self.watched(to: 5) { Self.flow(Int64($0 * $0 * 1000), 0) }.effects.reasons == ["warming_up"])
    let few: (Int) -> TakerFlow = { Self.flow($0 > 8 ? 99 : 0, 0) }
    #expect(Self.watched(to: 9, few).effects.published.isEmpty)
    let enough: (Int) -> TakerFlow = { Self.flow($0 > 8 ? 100 : 0, 0) }
    #expect(Self.watched(to: 9, enough).effects.published.count == 1)
    // 0.3 of a thousand: 650 against 350 leans, 649 against 351 does not.
    #expect(Self.watched(to: 9) { $0 > 8 ? Self.flow(650, 350) : .none }.effects.published.count == 1)
    #expect(Self.watched(to: 9) { $0 > 8 ? Self.flow(649, 351) : .none }.effects.published.isEmpty)
  }

  @Test("Repeats of an update add nothing, and several trades folded into one update are all counted")
  func repeats() {
    var core = Fixture.core("volume", Self.quick)
    var order: Int64 = 0
    func tell(_ second: Double, _ yes: Int64) -> [AgentEffect] {
      order += 1
      return core.take(.market(Self.market(at: second, order, flow: Self.flow(yes, 0))), at: second)
    }
    for second in 0...8 { _ = tell(Double(second), 1000) }
    // The same totals again and again are no volume.
    for tenth in 1...9 { #expect(tell(8 + Double(tenth) / 10, 1000).published.isEmpty) }
    #expect(tell(9, 1099).published.isEmpty)
    #expect(tell(9.1, 1100).published.count == 1)
  }

  @Test("Of a time that was not heard nothing is known: the spans begin anew; a short one does no harm")
  func gaps() {
    /// Was the surge followed, or did the spans begin anew?
    func after(_ pause: Double, boot: String = "f1", missed: Int64 = 5, total: Int64 = 900) -> String {
      var core = Self.watched(to: 8) { _ in Self.flow(500, 0) }.core
      let now = 8 + pause
      let refusals = core.refusals
      let reasons = core.take(
        .market(Self.market(at: now, 10 + missed, flow: Self.flow(total, 0), boot: boot)), at: now
      ).reasons
      return reasons.first ?? (core.refusals > refusals ? core.lastDecision?.reason ?? "" : "quiet")
    }
    #expect(after(2) == "volume_up")
    #expect(after(2.1) == "warming_up")
    // Nothing was missed, the market was only silent.
    #expect(after(20, missed: 0) == "volume_up")
    #expect(after(1, boot: "f2", missed: 0) == "warming_up")
    #expect(after(1, missed: 0, total: 400) == "warming_up")
  }

  @Test(
    "In the book, what appears at prices that were seen before is volume; the side with more in it is where it goes")
  func book() throws {
    func run(_ bids: [BookLevel], _ asks: [BookLevel], epoch: Int64 = 1) -> [AgentEffect] {
      var core = Fixture.core("volume", ["short_s": 2, "baseline_s": 4, "input": "book", "depth_min_usd": "0"])
      let full = (0..<5).map { Self.level(50 - Int64($0), 100) }
      for second in 0...8 {
        _ = core.take(
          .market(Self.market(at: Double(second), Int64(second + 1), bids: full, asks: [Self.level(51, 100)])),
          at: Double(second))
      }
      return core.take(.market(Self.market(at: 9, 10, bids: bids, asks: asks, epoch: epoch)), at: 9)
    }
    let asks = [Self.level(51, 100)]
    let grown = [Self.level(50, 400)] + (1..<5).map { Self.level(50 - Int64($0), 100) }
    let decision = try #require(run(grown, asks).decisions.first)
    #expect(decision.reason == "volume_up" && decision.detail["yes_shares"]?.string == "300")
    // 800 bid and 100 asked.
    #expect(decision.detail["lean_ratio"]?.string == "0.777778" && decision.detail["input"]?.string == "book")
    // A rebuilt book is no new size, and neither is a level that was below the five best, or one that shrank.
    #expect(run(grown, asks, epoch: 2).isEmpty)
    let deeper = (1..<6).map { Self.level(50 - Int64($0), $0 == 5 ? 4000 : 100) }
    #expect(run(deeper, asks).isEmpty)
    #expect(run((0..<5).map { Self.level(50 - Int64($0), 90) }, asks).isEmpty)
    // Asks above the only one that was seen are new: fewer than five stood there.
    let offered = [Self.level(51, 100), Self.level(52, 3000)]
    #expect(run((0..<5).map { Self.level(50 - Int64($0), 100) }, offered).reasons == ["volume_down"])
  }

  @Test("A baseline that is no longer than the short span is refused")
  func refusals() {
    #expect {
      try StrategyRegistry.make("volume", parameters: ["short_s": 10, "baseline_s": 10], size: USD(dollars: 30))
    } throws: { "\($0)".contains("baseline_s") }
    #expect {
      try StrategyRegistry.make("volume", parameters: ["input": "reference"], size: USD(dollars: 30))
    } throws: { "\($0)".contains("input") }
  }

  @Test("The defaults are the seeds': three times the average")
  func seeds() throws {
    let kind = try #require(StrategyRegistry.kind("volume"))
    let json = try StrategyParameters(kind, .object([]), size: USD(dollars: 30)).json(of: kind)
    #expect(json["surge_ratio"]?.string == "3" && json["input"]?.string == "trades")
    #expect(json["reference_kind"] == nil && json["threshold_reference_pct"] == nil)
  }

  @Test(
    "A restart in the middle goes on to the same decisions, whatever volume is", arguments: Seeds.some(4),
    ["trades", "book"])
  func restart(seed: UInt64, input: String) throws {
    let parameters: JSON = [
      "input": .string(input), "short_s": 3, "baseline_s": 12, "surge_ratio": input == "book" ? "1.05" : "1.5",
      "volume_min_shares": "5",
      "lean_min_ratio": "0.05", "fee_cover_ratio": "0",
    ]
    var whole = Fixture.strategy("volume", parameters)
    var restarted: (any Strategy)?
    var context = StrategyContext()
    var random = SeededGenerator(seed: seed)
    let stop = Int.random(in: 20...200, using: &random)
    var signals = 0
    for (index, step) in RandomMarket(seed: seed).steps(seconds: 300).enumerated() {
      guard case .market(let update) = step.event else { continue }
      context.now = step.now
      var output = StrategyOutput()
      whole.handle(.market(update), context, &output)
      signals += output.items.count { if case .wish = $0 { true } else { false } }
      if index > stop, restarted == nil {
        var new = Fixture.strategy("volume", parameters)
        let isDamaged = !new.restore(.object([]))
        let isRestored = new.restore(try JSON.parse(whole.checkpoint.bytes))
        #expect(isDamaged && isRestored)
        restarted = new
      } else if restarted != nil {
        var other = StrategyOutput()
        restarted?.handle(.market(update), context, &other)
        #expect(other.items == output.items)
      }
    }
    #expect(restarted?.checkpoint == whole.checkpoint && signals > 0)
  }
}
