import FloorTestSupport
import Shared
import Testing

@testable import FloorSim

@Suite("Price paths")
struct PricePathTests {
  /// What the tape says of a recording.
  private func updates(_ frames: [RecordedFrame]) -> [(update: MarketUpdate, at: MarketTime)] {
    var tape = RecordedTape(terms: TapeTerms())
    var out: [(MarketUpdate, MarketTime)] = []
    for frame in frames {
      var events: [TapeEvent] = []
      let time = tape.time(of: frame)
      tape.take(frame, at: time, &events)
      for case .market(let update) in events { out.append((update, time)) }
    }
    return out
  }

  @Test("A path has the last best prices of each second, and nothing from before the window or after it")
  func seconds() throws {
    var tape = TapeFixture()
    tape.book(10.1, bid: "0.50", ask: "0.52")
    tape.book(10.5, bid: "0.51", ask: "0.53")
    tape.book(10.9, bid: "0.52", ask: "0.54")
    tape.book(12, bid: "0.40", ask: "0.45")
    tape.book(13, bid: "0.40", ask: "0.45", size: "7")
    tape.book(301, bid: "0.98", ask: "0.99")
    let told = updates(tape.frames)
    var path = PricePath(try #require(told.first?.update))
    for (update, at) in told { path.note(update, at: at) }
    #expect(path.points.compactMap(\.bid).map(\.description) == ["0.52", "0.4"])
    #expect(path.points.compactMap(\.ask).map(\.description) == ["0.54", "0.45"])
    #expect(path.points.last?.at == MarketTime(nanoseconds: tape.time(12).nanoseconds))
    // At the window's opening the market was followed, and had no book yet.
    #expect(path.points.first?.bid == nil && path.points.count == 3)
  }

  @Test("However much happens, a path stays small, in order, and ends with the last prices", arguments: Seeds.some(4))
  func bounded(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var first = try #require(updates(TapeFixture.random(seed)).first { $0.update.state == .live }).update
    first.startsAt = nil
    first.endsAt = nil
    var path = PricePath(first)
    var time = MarketTime(seconds: TapeFixture.start)
    var last: Price?
    for _ in 0..<20_000 {
      time = time.advanced(by: .milliseconds(Int(random.uniform() * 4000)))
      let bid = Price(micros: 10_000 + Int64(random.uniform() * 900) * 1000)!
      first.yes = BookTop(bids: [BookLevel(price: bid, size: Shares(whole: 1))], asks: first.yes.asks)
      path.note(first, at: time)
      last = bid
      #expect(path.points.count <= PricePath.mostPoints)
    }
    #expect(path.points.count > PricePath.mostPoints / 4)
    #expect(path.points.last?.bid == last)
    #expect(zip(path.points, path.points.dropFirst()).allSatisfy { $0.at < $1.at })
  }

  @Test("Of all markets the six with most trips keep their paths, and none that was not traded")
  func busiest() throws {
    var paths = PricePaths()
    var trips: [RoundTrip] = []
    for market in Int64(0)..<20 {
      for (update, at) in updates(TapeFixture.random(UInt64(market) + 1, from: market)) where update.payout == nil {
        paths.note(update, at: at, trips)
      }
      for _ in 0..<(market % 7) { trips.append(ReportFixture.trip(ReportFixture.market(market))) }
      paths.close(ReportFixture.market(market), trips)
    }
    // Trips by market: 0 1 2 3 4 5 6, 0 1 2 3 4 5 6, 0 1 2 3 4 5. Of the three with four none is among the six but the first.
    #expect(paths.finish(trips).map(\.market) == [6, 13, 5, 12, 19, 4].map(ReportFixture.market))
  }

  @Test("Windows that nobody decides are given up, so that memory does not grow with them")
  func undecided() throws {
    var paths = PricePaths()
    let template = try #require(updates(TapeFixture.random(1)).first { $0.update.state == .live }).update
    var most = 0
    for market in Int64(0)..<2000 {
      var update = template
      update.slug = ReportFixture.market(market)
      update.startsAt = MarketTime(seconds: TapeFixture.start + 300 * market)
      update.endsAt = update.startsAt?.advanced(by: .seconds(300))
      paths.note(update, at: MarketTime(seconds: TapeFixture.start + 300 * market + 100), [])
      most = max(most, paths.open.count)
    }
    #expect(most <= PricePaths.mostOpen)
    #expect(paths.finish([]).isEmpty)
  }

  @Test("A run keeps paths only when asked, and they change no decision", arguments: Seeds.some(2))
  func asked(seed: UInt64) throws {
    let frames = TapeFixture.random(seed, windows: 3)
    let one = agent("momentum", ["input": "token_mid", "lookback_s": 5, "threshold_token_mid_points": "0.02"])
    let plain = try Backtest.run(frames, [one], settings())
    let kept = try Backtest.run(frames, [one], settings { $0.keepsPaths = true })
    #expect(plain.report.paths.isEmpty && plain.decisions == kept.decisions)
    #expect(Set(kept.report.paths.map(\.market)) == Set(kept.report.trips.map(\.market)))
    #expect(kept.report.paths.allSatisfy { $0.points.count > 10 })
  }
}
