import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite("Synthetic life") struct SyntheticSourceTests {
  /// Runs a source for so many seconds of market time; hands every turn's effects over.
  private func run(
    _ life: inout SyntheticSource, _ state: inout VenueState, seconds: Int64,
    _ each: (inout SyntheticSource, VenueState, [VenueEffect]) -> Void
  ) throws {
    let end = state.now.market.advanced(by: .seconds(seconds))
    while let due = life.next, due <= end {
      state.advance(to: Now(wall: state.now.wall.advanced(by: ReferencePath.step), market: due))
      life.run(&state)
      let effects = state.takeEffects()
      each(&life, state, effects)
    }
  }

  private func fresh(seed: UInt64) -> (SyntheticSource, VenueState) {
    var life = SyntheticSource(settings: .init(seed: seed))
    var state = VenueState(
      rules: VenueRules(settlementDelay: .seconds(5)),
      now: Now(wall: WallTime(seconds: 1_800_000_000), market: MarketTime(seconds: 1_795_180_710)))
    life.begin(&state)
    return (life, state)
  }

  @Test("the same seed lives the same life", arguments: Seeds.some(2))
  func deterministic(seed: UInt64) throws {
    var first: [VenueEffect] = []
    var second: [VenueEffect] = []
    var (life, state) = fresh(seed: seed)
    try run(&life, &state, seconds: 30) { _, _, effects in first += effects }
    (life, state) = fresh(seed: seed)
    try run(&life, &state, seconds: 30) { _, _, effects in second += effects }
    #expect(first == second)
    #expect(first.count > 100)
  }

  @Test("windows follow one another, are listed ahead, and end as the means say", arguments: Seeds.some(1).suffix(1))
  func windows(seed: UInt64) throws {
    var (life, state) = fresh(seed: seed)
    var means: [Int64: Int128] = [:]
    var resolutions: [TruthEntry.Resolution] = []
    try run(&life, &state, seconds: 410) { life, state, effects in
      for case .truth(let record) in effects {
        if case .resolved(let resolution) = record.entry { resolutions.append(resolution) }
      }
      let second = state.now.market.seconds
      for ahead in 0...1 as ClosedRange<Int64> {
        let slug = "btc-updown-5m-\(second / 300 * 300 + ahead * 300)"
        #expect(state.clients.marketIndex[slug] != nil, "\(slug) is not listed at \(second)")
      }
      for report in life.history("btc/usd").suffix(1) { means[report.at.seconds] = report.mean }
    }
    let five = resolutions.filter { $0.slug.hasPrefix("btc-updown-5m-") }
    #expect(five.count == 2)
    for resolution in five.dropFirst() {
      let start = try #require(Int64(resolution.slug.split(separator: "-").last ?? ""))
      #expect(resolution.opening == means[start])
      #expect(resolution.closing == means[start + 300])
      #expect(resolution.winner == (means[start + 300]! >= means[start]! ? .yes : .no))
    }
  }

  @Test("a source taken up again after a crash goes on along the same path", arguments: Seeds.some(1).suffix(1))
  func resumes(seed: UInt64) throws {
    var (life, state) = fresh(seed: seed)
    var records: [TruthRecord] = state.takeEffects().compactMap {
      if case .truth(let record) = $0 { record } else { nil }
    }
    var reports: [ReferenceReport] = []
    var cut = 0
    var later = state.now
    try run(&life, &state, seconds: 290) { life, state, effects in
      if reports.count < 400 {
        for case .truth(let record) in effects { records.append(record) }
        cut = records.count
        later = state.now
      }
      reports += life.takeReports()
    }
    var again = SyntheticSource(settings: .init(seed: seed))
    var restored = VenueState.restored(from: Array(records.prefix(cut)), rules: VenueRules(), now: later)
    again.begin(&restored)
    _ = restored.takeEffects()
    var continued: [ReferenceReport] = []
    try run(&again, &restored, seconds: 60) { again, _, _ in continued += again.takeReports() }
    let tail = reports.filter { $0.at > later.market }
    #expect(continued.count > 100)
    #expect(Array(tail.prefix(continued.count)) == Array(continued.prefix(tail.count)))
  }

  @Test("no wealth is made or lost by the background traders", arguments: Seeds.some(1).suffix(1))
  func conserves(seed: UInt64) throws {
    var (life, state) = fresh(seed: seed)
    var volume = USD.zero
    try run(&life, &state, seconds: 200) { _, state, _ in
      volume = state.live.reduce(.zero) { $0 + $1.volume }
    }
    var sum = state.collectedFees.micros
    for trader in state.traders {
      sum += trader.cash.micros
      for shares in trader.shares.values { sum += shares[0].micros }
    }
    // A set of both outcomes is worth one dollar; every market has as many of one as of the other.
    for market in state.live.indices {
      let ups = state.traders.reduce(Int64(0)) { $0 + ($1.shares[market]?[0].micros ?? 0) }
      let downs = state.traders.reduce(Int64(0)) { $0 + ($1.shares[market]?[1].micros ?? 0) }
      #expect(ups == downs)
    }
    #expect(sum == 0)
    #expect(volume > USD(dollars: 300))
  }

  @Test("the chance of Up is a half at the strike, sure when it is certain, and sharper near the end")
  func fairValue() {
    var path = ReferencePath(symbol: "x", lane: 1, start: 100, volatility: 0.5, seed: 1, stepIndex: 0)
    for _ in 0..<400 { path.advance() }
    let opening = Int64(path.price * 1_000_000)
    #expect(abs(path.chanceOfUp(opening: opening, price: path.price, left: 200) - 0.5) < 0.01)
    let far = path.chanceOfUp(opening: opening, price: path.price * 1.003, left: 280)
    let near = path.chanceOfUp(opening: opening, price: path.price * 1.003, left: 61)
    #expect(far > 0.6 && near > far && near < 1)
    #expect(path.chanceOfUp(opening: nil, price: path.price, left: 100) == 0.5)
    #expect(path.chanceOfUp(opening: 1, price: path.price, left: 0) == 1)
  }
}
