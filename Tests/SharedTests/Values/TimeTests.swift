import Shared
import Testing

@Suite("Clocks and dates")
struct TimeTests {
  @Test("Known instants print as ISO 8601 in UTC")
  func printsDates() {
    #expect(WallTime(seconds: 0).description == "1970-01-01T00:00:00Z")
    #expect(WallTime(seconds: 951_782_400).description == "2000-02-29T00:00:00Z")
    #expect(WallTime(milliseconds: 1_795_180_564_317).description == "2026-11-20T13:16:04.317000Z")
    #expect(WallTime(nanoseconds: -1_000).description == "1969-12-31T23:59:59.999999Z")
  }

  @Test(
    "The venue's date forms are read",
    arguments: [
      ("2026-11-20T13:15:00Z", 1_795_180_500_000_000_000), ("2026-11-20 13:15:00+00", 1_795_180_500_000_000_000),
      ("2026-11-20T13:15:00.118273Z", 1_795_180_500_118_273_000), ("1970-01-01T00:00:00+00:00", 0),
    ] as [(String, Int64)])
  func readsDates(text: String, nanoseconds: Int64) {
    #expect(CivilTime.nanoseconds(parsing: text) == nanoseconds)
  }

  @Test(
    "Other texts are no dates",
    arguments: ["", "2026-11-20", "2026-13-20T13:15:00Z", "2026-11-20T25:15:00Z", "2026-11-20T13:15:00+02:00", "x"])
  func refusesOtherTexts(text: String) {
    #expect(CivilTime.nanoseconds(parsing: text) == nil)
  }

  @Test("Printing and reading agree over two centuries", arguments: [31, 32] as [UInt64])
  func roundTrips(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let micros = Int64.random(in: -3_000_000_000_000_000...4_000_000_000_000_000, using: &generator)
      #expect(CivilTime.nanoseconds(parsing: WallTime(nanoseconds: micros * 1000).description) == micros * 1000)
    }
  }

  @Test("The live clock is the wall clock")
  func liveClock() {
    let now = WallTime(milliseconds: 1_795_180_564_317)
    #expect(MarketClock.live.market(at: now).nanoseconds == now.nanoseconds)
  }

  @Test("A market clock at sixty times runs a five-minute window in five seconds and maps back")
  func fastClock() {
    let clock = MarketClock(
      anchorWall: WallTime(seconds: 1000), anchorMarket: MarketTime(seconds: 5000), rateMilli: 60_000)
    #expect(clock.market(at: WallTime(seconds: 1005)) == MarketTime(seconds: 5300))
    #expect(clock.wall(at: MarketTime(seconds: 5300)) == WallTime(seconds: 1005))
    #expect(clock.wallDuration(ofMarket: .seconds(300)) == .seconds(5))
  }

  @Test("A market that stands has one time, what lies ahead of it is a year away, and its JSON reads back")
  func standingClock() throws {
    let clock = MarketClock.standing(at: MarketTime(seconds: 5000), since: WallTime(seconds: 1000))
    for wall in [0, 1000, 2_000_000_000] as [Int64] {
      #expect(clock.market(at: WallTime(seconds: wall)) == MarketTime(seconds: 5000))
    }
    #expect(clock.wall(at: MarketTime(seconds: 4000)) == WallTime(seconds: 1000))
    #expect(clock.wall(at: MarketTime(seconds: 5001)) == WallTime(seconds: 1000).advanced(by: MarketClock.forever))
    #expect(clock.wallDuration(ofMarket: .nanoseconds(1)) == MarketClock.forever)
    #expect(clock.wallDuration(ofMarket: .zero) == .zero && clock.market(during: .seconds(9)) == .zero)
    #expect(try MarketClock(JSON.parse(JSON.object(clock.members).bytes)) == clock)
    #expect(throws: MarketClock.FormError.invalid("rate_milli")) {
      try MarketClock(["anchor_wall_ns": 0, "anchor_market_ns": 0, "rate_milli": -1])
    }
  }

  @Test("The wall moment given for a market moment is never early", arguments: [41, 42] as [UInt64])
  func wallIsNeverEarly(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<5_000 {
      let clock = MarketClock(
        anchorWall: WallTime(nanoseconds: Int64.random(in: 0...1 << 60, using: &generator)),
        anchorMarket: MarketTime(nanoseconds: Int64.random(in: 0...1 << 60, using: &generator)),
        rateMilli: Int64.random(in: 1...1_000_000, using: &generator))
      let market = clock.anchorMarket.advanced(by: .nanoseconds(Int64.random(in: 0...1 << 40, using: &generator)))
      #expect(clock.market(at: clock.wall(at: market)) >= market)
    }
  }
}
