import FloorTestSupport
import Shared
import Testing

@Suite struct ClockOffsetTests {
  private func wall(_ milliseconds: Int64) -> WallTime { WallTime(nanoseconds: milliseconds * 1_000_000) }

  /// A venue whose clock is `offset` ahead tells its whole second in the middle of a round trip.
  private func ask(_ offset: inout ClockOffset, ahead: Int64, at now: Int64, trip: Int64 = 20) {
    let venue = now + trip / 2 + ahead
    let second = venue >= 0 ? venue / 1000 : (venue - 999) / 1000
    offset.observe(venue: WallTime(seconds: second), sent: wall(now), received: wall(now + trip))
  }

  @Test("One answer bounds the offset to a second and the way; clocks that may agree are not corrected")
  func one() throws {
    var offset = ClockOffset()
    #expect(offset.bounds == nil && offset.proven == .zero && !offset.isTooFar)
    ask(&offset, ahead: 0, at: 1_700_000_000_400)
    let bounds = try #require(offset.bounds)
    #expect(bounds.high - bounds.low == .milliseconds(1020) && bounds.low <= .zero && bounds.high >= .zero)
    #expect(offset.proven == .zero && offset.venue(at: wall(5)) == wall(5))
  }

  @Test("The true offset always lies inside, and answers at other places of the second narrow it to about the way")
  func narrows() throws {
    var random = SeededGenerator(seed: Seeds.some(1)[0])
    for _ in 0..<200 {
      let ahead = Int64.random(in: -100_000...100_000, using: &random)
      var offset = ClockOffset()
      var now: Int64 = 1_700_000_000_000
      for _ in 0..<16 {
        ask(&offset, ahead: ahead, at: now, trip: Int64.random(in: 2...60, using: &random))
        now += 1000 + Int64.random(in: 20...90, using: &random)
        let bounds = try #require(offset.bounds)
        #expect(bounds.low <= .milliseconds(ahead) && .milliseconds(ahead) <= bounds.high)
      }
      let bounds = try #require(offset.bounds)
      #expect(bounds.high - bounds.low < .milliseconds(400), "\(bounds)")
      #expect((offset.proven - .milliseconds(ahead)).milliseconds.magnitude < 400 || abs(ahead) < 400)
    }
  }

  @Test("A clock that is set is noticed with the next answer, and so is its return", arguments: [-3600, -30, 30, 3600])
  func jumps(seconds: Int64) {
    var offset = ClockOffset()
    var now: Int64 = 1_700_000_000_000
    for _ in 0..<10 {
      ask(&offset, ahead: 0, at: now)
      now += 1010
    }
    ask(&offset, ahead: seconds * 1000, at: now)
    #expect(offset.isTooFar)
    #expect((offset.venue(at: wall(now)).since(wall(now)) - .seconds(seconds)).milliseconds.magnitude <= 1020)
    ask(&offset, ahead: 0, at: now + 1000)
    #expect(!offset.isTooFar && offset.proven == .zero)
  }

  @Test(
    "Two seconds are followed and no reason to stop; more than five are; a question over which our clock was set says nothing"
  )
  func limits() {
    for (ahead, far) in [(2000, false), (-2000, false), (4900, false), (6100, true), (-6100, true)] as [(Int64, Bool)] {
      var offset = ClockOffset()
      ask(&offset, ahead: ahead, at: 1_700_000_000_000)
      #expect(offset.isTooFar == far, "\(ahead)")
      #expect((offset.proven - .milliseconds(ahead)).milliseconds.magnitude <= 1020)
    }
    var offset = ClockOffset()
    offset.observe(venue: WallTime(seconds: 100), sent: wall(50_000), received: wall(40_000))
    #expect(offset.bounds == nil)
  }
}
