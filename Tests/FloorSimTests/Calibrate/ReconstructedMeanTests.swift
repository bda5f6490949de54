import FloorSim
import FloorTestSupport
import Shared
import Testing

/// `A(T)` is the mean of the 60 seconds that end 3 s before T (hammer-model 1).
@Suite("Reconstructed mean")
struct ReconstructedMeanTests {
  private let start = StreamFixture.start

  private func mean(
    _ fixture: StreamFixture, at second: Int64, window: Int64 = 60, trust: AverageTrust = .standard
  ) -> ReconstructedMean? {
    ReconstructedMean(fixture.values, at: start + second, window: window, endLag: 3, trust: trust)
  }

  @Test("The seconds averaged are T − 62 … T − 3, each with its own value") func seconds() throws {
    var fixture = StreamFixture()
    for second in Int64(0)...100 { fixture.tick(second, "\(1000 + second)") }
    // Of T = 62 the seconds 0 … 59: 1000 + 29.5.
    #expect(abs(try #require(mean(fixture, at: 62)).dollars - 1029.5) < 1e-9)
    #expect(abs(try #require(mean(fixture, at: 103)).dollars - 1070.5) < 1e-9)
    // Second 101 is not told, and nothing after it.
    #expect(mean(fixture, at: 104) == nil)
    #expect(mean(fixture, at: 61) == nil)
    #expect(abs(try #require(mean(fixture, at: 13, window: 10)).dollars - 1005.5) < 1e-9)
  }

  @Test(
    "Missing seconds lie on the straight line; over more than five seconds, or more than six in all, nothing is said")
  func gaps() throws {
    func without(_ missing: [Int64]) -> StreamFixture {
      var fixture = StreamFixture()
      // A step of ten dollars at second 30, so that a line over it differs from either neighbour.
      for second in Int64(0)...62 where !missing.contains(second) {
        fixture.tick(second, second < 30 ? "1000" : "1010")
      }
      return fixture
    }
    let whole = try #require(mean(without([]), at: 62)).dollars
    #expect(abs(whole - 1005) < 1e-9)
    // 29 and 30 become 1003⅓ and 1006⅔: as much is won as lost.
    #expect(abs(try #require(mean(without([29, 30]), at: 62)).dollars - 1005) < 1e-9)
    // 30 and 31 become 1003⅓ and 1006⅔: ten dollars less over sixty seconds.
    #expect(abs(try #require(mean(without([30, 31]), at: 62)).dollars - (1005 - 10.0 / 60)) < 1e-9)
    #expect(mean(without([30, 31, 32, 33]), at: 62) != nil)
    #expect(mean(without([30, 31, 32, 33, 34]), at: 62) == nil)
    #expect(mean(without([2, 5, 8, 11, 14, 17]), at: 62) != nil)
    #expect(mean(without([2, 5, 8, 11, 14, 17, 20]), at: 62) == nil)
    // At its last second too: the tick behind it is needed, and there.
    #expect(mean(without([59]), at: 62) != nil)
  }

  @Test("A tie is Up, and the least difference that the source can tell is none") func ties() throws {
    var fixture = StreamFixture()
    fixture.flat(0...59, "90000.123456789012345678")
    fixture.flat(300...358, "90000.123456789012345678")
    fixture.tick(359, "90000.123456789012345678")
    let opening = try #require(mean(fixture, at: 62))
    #expect(ReconstructedMean.outcome(opening: opening, closing: try #require(mean(fixture, at: 362))) == .yes)
    // 10⁻¹⁸ dollars less in one of sixty seconds: doubles do not see it.
    fixture.tick(359, "90000.123456789012345677", delay: 2000)
    let closing = try #require(mean(fixture, at: 362))
    #expect(closing.dollars == opening.dollars)
    #expect(ReconstructedMean.outcome(opening: opening, closing: closing) == .no)
    #expect(ReconstructedMean.outcome(opening: closing, closing: opening) == .yes)
  }

  @Test("It is the mean that the hammer forecasts with, over any walk", arguments: Seeds.some(4)) func hammer(
    seed: UInt64
  ) throws {
    let fixture = StreamFixture.walk(seed, 0...240)
    var grid = SecondGrid()
    for row in fixture.rows {
      guard case .price(let tick) = row.fact else { continue }
      grid.put(Double(tick.value.attos) / 1e18, at: tick.observedAt.seconds)
    }
    var compared = 0
    for second in Int64(100)...230 {
      let own = mean(fixture, at: second)?.dollars
      let theirs = WindowAverage.reconstructed(grid, at: start + second, window: 60, endLag: 3)
      #expect((own == nil) == (theirs == nil), "seed \(seed), second \(second)")
      guard let own, let theirs else { continue }
      #expect(abs(own - theirs) < 1e-6, "seed \(seed), second \(second)")
      compared += 1
    }
    #expect(compared > 0, "seed \(seed)")
  }
}
