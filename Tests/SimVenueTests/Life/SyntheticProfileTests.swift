import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite("The traders and mispricings of synthetic life") struct SyntheticProfileTests {
  private func always(_ knowledge: Double, edge: Double = 0.5) -> TakingTrader.Style {
    .init(
      name: "t", rate: 5, size: .init(median: 10, deviation: 1), sizeMax: 50, knowledge: knowledge, edge: edge, reach: 2
    )
  }

  /// Looks a hundred times at a market quoted 0.40 to 0.60; gives what it bought of each outcome.
  private func bought(_ style: TakingTrader.Style, fair: Double, seed: UInt64) -> (yes: Shares, no: Shares) {
    var bench = Bench(feeRate: 0)
    let taker = TakingTrader(style: style, trader: bench.state.addTrader(style.name))
    for step in 0..<100 as Range<Int64> {
      _ = bench.quote(.sell, .yes, "0.6", "100")
      _ = bench.quote(.buy, .yes, "0.4", "100")
      var chance = Chance(seed: seed, step: step, lane: 7)
      taker.look(bench.market, fair: fair, pace: 1, &chance, &bench.state)
    }
    let shares = bench.state.traders[taker.trader].shares[bench.market] ?? [.zero, .zero]
    return (shares[0], shares[1])
  }

  @Test("who knows buys what is too cheap and nothing else; who does not buys either", arguments: Seeds.some(2))
  func knowledge(seed: UInt64) {
    let high = bought(always(1), fair: 0.7, seed: seed)
    #expect(high.yes > .zero && high.no == .zero)
    let low = bought(always(1), fair: 0.3, seed: seed)
    #expect(low.no > .zero && low.yes == .zero)
    let inside = bought(always(1), fair: 0.5, seed: seed)
    #expect(inside.yes == .zero && inside.no == .zero)
    let edge = bought(always(1, edge: 15), fair: 0.7, seed: seed)
    #expect(edge.yes == .zero)
    let noise = bought(always(0), fair: 0.99, seed: seed)
    #expect(noise.yes > .zero && noise.no > .zero)
  }

  @Test(
    "answers of an event are mispriced now and then, never beyond the bound, and smoothly", arguments: Seeds.some(2))
  func mispricing(seed: UInt64) {
    let profile = SyntheticProfile()
    let answers = SyntheticQuestion.all(seed: seed).filter { $0.group != nil }
    let span = profile.mispricingSpan * ReferencePath.stepsPerSecond
    var quiet = 0
    var last = 0.0
    for step in 0..<(60 * span) {
      let off = answers[0].mispricing(seed: seed, step: step, profile)
      #expect(abs(off) <= profile.mispricing)
      #expect(abs(off - last) < 0.001, "step \(step)")
      last = off
      if step % span == span / 2, off == 0 { quiet += 1 }
    }
    #expect((20...58).contains(quiet), "\(quiet) of 60 spans were quiet")
    let sums = stride(from: span / 2, to: 60 * span, by: Int(span)).map { step in
      answers.reduce(0) { $0 + $1.mispricing(seed: seed, step: step, profile) }
    }
    #expect(sums.contains { abs($0) > 0.005 })
  }

  @Test("news about a question is taken for more than it is, and believed less as time goes", arguments: Seeds.some(1))
  func overreaction(seed: UInt64) throws {
    var profile = SyntheticProfile()
    profile.questionNewsRate = 1.0 / 60
    var question = SyntheticQuestion.all(seed: seed)[0]
    var step: Int64 = 0
    while question.excess == 0, step < 100_000 {
      step += 1
      question.advance(seed: seed, step: step, profile)
    }
    let excess = question.excess
    #expect(excess != 0)
    #expect((question.believed > question.probability) == (excess > 0))
    profile.questionNewsRate = 0
    for _ in 0..<Int(profile.overreactionHalfLife) * Int(ReferencePath.stepsPerSecond) {
      step += 1
      question.advance(seed: seed, step: step, profile)
    }
    #expect(abs(question.excess / excess - 0.5) < 0.001)
  }

  @Test("each kind of trader is a wallet of its own, whose trades and standing the Data API tells")
  func wallets() throws {
    var profile = SyntheticProfile()
    for index in profile.takers.indices { profile.takers[index].rate = 1 }
    var life = SyntheticSource(settings: .init(seed: 5, profile: profile))
    var state = VenueState(
      rules: VenueRules(),
      now: Now(wall: WallTime(seconds: 1_800_000_000), market: MarketTime(seconds: 1_795_180_710)))
    life.begin(&state)
    for _ in 0..<200 {
      let due = try #require(life.next)
      state.advance(to: Now(wall: state.now.wall.advanced(by: ReferencePath.step), market: due))
      life.run(&state)
      _ = state.takeEffects()
    }
    let names = profile.makers.map(\.name) + profile.takers.map(\.name)
    #expect(state.chain.wallets.map(\.name) == names)
    let takers = Set(state.chain.events.filter(\.isTaker).map { state.chain.wallets[$0.wallet].name })
    #expect(takers.isSuperset(of: profile.takers.map(\.name)))
    let call = Call(
      method: "GET", path: "/v1/leaderboard",
      query: [.init(name: "timePeriod", value: "ALL"), .init(name: "orderBy", value: "VOL")])
    let board = try #require(DataAnswers.answer(call, state).flatMap { WireReader.read($0.body) }?.asList)
    let listed = Set(board.map { $0["userName"]?.asText ?? "" })
    #expect(listed.isSuperset(of: profile.takers.map(\.name)))
  }
}
