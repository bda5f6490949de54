import FloorSim
import FloorTestSupport
import Shared
import Testing

@Suite("Forecasts on a recorded day")
struct ForecastTapeTests {
  private let start = StreamFixture.start

  private func plan(_ lookback: Int64?, _ before: [Int64] = [60, 15]) -> ForecastPlan {
    var plan = ForecastPlan(series: StreamFixture.series, lookback: lookback)
    plan.before = before
    return plan
  }

  /// The moments of the window that closes 300 s after `start`.
  private func moments(_ tape: ForecastTape) -> [ForecastTape.Moment] {
    tape.moments.filter { $0.closes == start + 300 }
  }

  @Test(
    "Nothing looks ahead: a recording cut at a moment gives the same words at it, for every model",
    arguments: Seeds.some(6))
  func truncation(seed: UInt64) throws {
    let fixture = StreamFixture.walk(seed, -320...310)
    let frames = fixture.frames
    for lookback in [nil, 60] as [Int64?] {
      let whole = moments(fixture.tape(plan(lookback)))
      #expect(whole.count == 2 && whole.contains { !$0.said.forecasts.isEmpty }, "seed \(seed)")
      for moment in whole {
        var cut = ForecastTape(plan(lookback), terms: TapeTerms())
        for frame in frames where frame.receivedAt <= StreamFixture.wall(moment.now) { cut.take(frame) }
        // The clock goes on without the stream.
        cut.take(StreamFixture.clock(moment.now + 1))
        let same = moments(cut).first { $0.now == moment.now }
        #expect(same == moment, "seed \(seed), \(moment.left) s before the close")
      }
    }
  }

  @Test("A model's word is the hammer's own: same strike, same probability", arguments: Seeds.some(4))
  func asTheHammer(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var fixture = StreamFixture.walk(seed, -320...299)
    fixture.tick(0, Decimal6.text(89_900_000_000 + Int64(random.uniform() * 200_000_000)), .oracleTWAP(seconds: 60))
    let close = MarketTime(seconds: start + 300)
    for (word, lookback, forecaster) in [
      ("t3_twap", 60, .tailedTwap), ("normal_twap", 60, .normalTwap), ("normal_spot", nil, .normalSpot),
      ("t3_spot", nil, .tailedSpot),
    ] as [(String, Int?, Forecaster)] {
      let said = try #require(moments(fixture.tape(plan(lookback.map { Int64($0) }, [15]))).first).said
      let parameters = try HammerParameters(
        try StrategyParameters(HammerStrategy.kind, ["model": .string(word)], size: USD(dollars: 20)))
      var feeds = HammerFeeds(symbol: "btc/usd", parameters.volatility)
      let now = StreamFixture.wall(start + 285)
      for (order, row) in fixture.rows.sorted(by: { $0.at < $1.at }).enumerated() where row.at <= now {
        guard case .price(let tick) = row.fact, let kind = tick.kind else { continue }
        feeds.put(
          ReferencePrice(
            envelope: Envelope(
              source: "test", boot: "test", sequence: Int64(order), time: tick.observedAt, sent: row.at),
            order: Int64(order), symbol: "btc/usd", kind: kind, value: tick.value), parameters)
      }
      let update = MarketUpdate.window(closes: close, lookback: lookback)
      let assessed = HammerAssessment(
        update, feeds: feeds, midChange: 0, parameters, now: MarketTime(seconds: start + 285))
      let own = said.forecasts[forecaster]
      #expect(own != nil && own == assessed.probability, "seed \(seed), \(word)")
    }
  }

  @Test(
    "Settled by single observations: the next tick within three seconds stands for a missing boundary, a tie is Up, later nobody knows"
  )
  func singles() throws {
    func ends(_ opening: [(Int64, String)], _ closing: [(Int64, String)]) -> (Bool?, ForecastSamples) {
      var fixture = StreamFixture.walk(1, -310 ... -1)
      for (second, value) in opening { fixture.tick(second, value) }
      for second in Int64(10)...290 { fixture.tick(second, second % 2 == 0 ? "90000" : "90001") }
      for (second, value) in closing { fixture.tick(second, value) }
      var tape = fixture.tape(plan(nil, [15]))
      let samples = tape.finish()
      return (samples.samples.first { $0.closes == start + 300 }?.cameUp, samples)
    }
    #expect(ends([(0, "90000")], [(300, "90000.000000000000000001")]).0 == true)
    #expect(ends([(0, "90000")], [(300, "90000")]).0 == true)
    #expect(ends([(0, "90000")], [(300, "89999.999999999999999999")]).0 == false)
    // Not stamped 300: 303 stands for it, 299 does not.
    #expect(ends([(0, "90000")], [(299, "91000"), (303, "89999")]).0 == false)
    let late = ends([(0, "90000")], [(299, "91000"), (304, "89999")])
    #expect(late.0 == nil && late.1.unprovable == 1)
    // Without a strike the models have nothing to say.
    #expect(ends([(4, "90000")], [(300, "90000")]).1.silences[.strikeMissing] != nil)
  }

  @Test("Settled by a mean that was not recorded: reconstructed at both ends, counted as such, and not across a gap")
  func reconstructed() throws {
    func tape(missing: ClosedRange<Int64>? = nil) -> ForecastSamples {
      var fixture = StreamFixture.walk(1, -310 ... -70)
      fixture.flat(-69 ... -1, "90000")
      // The mean at the close is over 238 … 297: above the strike, while the price at the close is below it.
      for second in Int64(0)...310 where !(missing?.contains(second) ?? false) {
        fixture.tick(second, second < 290 ? "90010" : "89990")
      }
      var tape = fixture.tape(plan(60, [15]))
      return tape.finish()
    }
    let whole = tape()
    let sample = try #require(whole.samples.first { $0.closes == start + 300 })
    #expect(sample.cameUp && whole.labels == [.reconstructed: whole.samples.count])
    // 297 is second to the last: too long a gap in the mean leaves the end unknown.
    #expect(tape(missing: 292...297).unprovable > whole.unprovable)
    // A gap before the mean begins is one all the same.
    let broken = tape(missing: 226...231)
    #expect(broken.broken == 1 && !broken.samples.contains { $0.closes == start + 300 })
    #expect(tape(missing: 226...228).broken == 0)
  }

  @Test(
    "The source's own means settle where they were recorded, exactly; the venue's word and a table come before them")
  func means() throws {
    var fixture = StreamFixture.walk(1, -310...310)
    fixture.tick(0, "90000.000000000000000002", .oracleTWAP(seconds: 60))
    fixture.tick(300, "90000.000000000000000001", .oracleTWAP(seconds: 60))
    func sample(_ change: (inout ForecastPlan) -> Void) throws -> (Bool, ForecastSamples) {
      var plan = plan(60, [15])
      change(&plan)
      var tape = fixture.tape(plan)
      let samples = tape.finish()
      return (try #require(samples.samples.first { $0.closes == start + 300 }).cameUp, samples)
    }
    let recomputed = try sample { _ in }
    #expect(!recomputed.0 && recomputed.1.labels == [.recomputed: 1])
    let table = try sample { $0.results = [MarketSlug("btc-updown-5m-\(start)")!: .one] }
    #expect(table.0 && table.1.labels == [.told: 1])
  }

  @Test("The market's middle is asked beside the models, and by itself where there is no stream") func middle() throws {
    var fixture = TapeFixture()
    fixture.book(1, bid: "0.50", ask: "0.52")
    fixture.book(284, bid: "0.80", ask: "0.84")
    fixture.book(286, bid: "0.10", ask: "0.12")
    fixture.resolved(330, .yes)
    var tape = ForecastTape(plan(60, [100, 15, 5]), terms: TapeTerms())
    for frame in fixture.frames { tape.take(frame) }
    let samples = tape.finish()
    // At 200 s the book of the first second is old.
    #expect(samples.samples.map(\.left) == [15, 5] && samples.labels == [.told: 2])
    let middles = samples.samples.compactMap { $0.forecasts[.marketMid] }
    #expect(zip(middles, [0.82, 0.11]).allSatisfy { abs($0 - $1) < 1e-12 } && middles.count == 2)
    #expect(samples.samples.allSatisfy { $0.cameUp && $0.forecasts.count == 1 })
    #expect(samples.silences[.feedStale] == samples.asked)
  }

  @Test("An old feed says nothing, and overlapping windows hang together by half-hours") func stale() throws {
    let fixture = StreamFixture.walk(3, -600...600)
    var plan = plan(nil, [15])
    plan.every = 10
    var tape = fixture.tape(plan)
    let samples = tape.finish()
    #expect(samples.samples.count > 50 && Set(samples.samples.map(\.cluster)).count <= 2)
    var late = StreamFixture.walk(3, -310...279)
    late.tick(600, "90000")
    let silent = try #require(moments(late.tape(self.plan(nil, [15]))).first)
    #expect(silent.said.silence == .feedStale && silent.said.forecasts.isEmpty)
  }
}

extension MarketUpdate {
  /// A live BTC five-minute window with an empty book.
  static func window(closes: MarketTime, lookback: Int?) -> MarketUpdate {
    let series = StreamFixture.series
    let opens = closes.seconds - series.length.seconds
    return MarketUpdate(
      envelope: Envelope(source: "test", boot: "test", sequence: 1, time: closes, sent: WallTime(nanoseconds: 0)),
      order: 1, slug: series.slug(startingAt: opens)!, series: series, state: .live, bookEpoch: 1,
      tick: .cent, minimumSize: Shares(whole: 5), fee: TakerFee(rateMicros: 70_000, exponent: 1)!,
      startsAt: MarketTime(seconds: opens), endsAt: closes,
      settlement: Market.Settlement(symbol: series.symbol, twapSeconds: lookback), yes: .empty, no: .empty)
  }
}
