import FloorTestSupport
import Shared
import Testing

@Suite struct RejectBreakerTests {
  private let start = MarketTime(seconds: 1_795_180_500)
  private var breaker: RejectBreaker {
    var breaker = RejectBreaker()
    breaker.count = 3
    breaker.window = .seconds(60)
    breaker.pause = .seconds(100)
    return breaker
  }

  private func at(_ second: Int64) -> MarketTime { start.advanced(by: .seconds(second)) }

  private func look(_ seconds: [Int64], _ now: Int64) -> RejectBreaker.Finding {
    breaker.look(at: seconds.map(at), at(now))
  }

  @Test("The last of so many refusals within the window trips it; one fewer, or one too late, does not")
  func trips() {
    #expect(look([], 0) == .init())
    #expect(look([0, 30], 31) == .init(counted: 2))
    #expect(look([0, 30, 60], 61) == .init(counted: 2), "the first is a whole window old")
    let trip = RejectBreaker.Trip(at: at(59), until: at(159), repeats: 0)
    #expect(look([0, 30, 59], 60) == .init(trip: trip))
    #expect(look([0, 30, 59], 158).trip == trip)
    #expect(look([0, 30, 59], 159) == .init(), "time alone ends it")
  }

  @Test("What is refused while it is in force is not held against the agent: it begins anew afterwards")
  func pausedRefusals() {
    let burst: [Int64] = [0, 1, 2, 3, 50, 101]
    #expect(look(burst, 101).trip == RejectBreaker.Trip(at: at(2), until: at(102), repeats: 0))
    #expect(look(burst + [103, 104], 105) == .init(counted: 2))
  }

  @Test("Each time within a day doubles it, a day at most; after a day without it is a first time again")
  func repeats() throws {
    var times: [Int64] = []
    var now: Int64 = 0
    for (repeats, length) in [(0, 100), (1, 200), (2, 400), (3, 800)] as [(Int, Int64)] {
      times += [now, now + 1, now + 2]
      let trip = try #require(look(times, now + 2).trip)
      #expect(trip.repeats == repeats && trip.until == at(now + 2 + length))
      now += 2 + length
    }
    #expect(look(times, now).trip == nil)
    let later = now + 86_400
    #expect(look(times + [later, later + 1, later + 2], later + 3).trip?.repeats == 0)
    var long = breaker
    long.pause = .seconds(50_000)
    let second = long.look(at: [0, 1, 2, 60_000, 60_001, 60_002].map(at), at(60_003)).trip
    #expect(second?.until == at(60_002 + 86_400))
  }

  @Test(
    "The order in which the record lists them says nothing, and looking again says the same", arguments: Seeds.some(50))
  func isAFunctionOfTheRecord(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let times = (0..<Int.random(in: 0...40, using: &random)).map { _ in at(.random(in: 0...2_000, using: &random)) }
    let now = at(.random(in: 0...2_500, using: &random))
    let known = times.filter { $0 <= now }
    let finding = breaker.look(at: known, now)
    #expect(breaker.look(at: known.shuffled(using: &random), now) == finding, "seed \(seed)")
    if let trip = finding.trip {
      #expect(trip.at <= now && trip.until > now && known.contains(trip.at), "seed \(seed)")
      #expect(known.count { trip.at.since($0) < .seconds(60) && $0 <= trip.at } >= 3, "seed \(seed)")
      // More of them while it is in force change nothing.
      #expect(breaker.look(at: known + [now, now], now) == finding, "seed \(seed)")
    } else {
      #expect(finding.counted < 3, "seed \(seed)")
    }
  }

  @Test("Its refusal names agent, count, window and end")
  func words() {
    let trip = RejectBreaker.Trip(at: at(0), until: at(100), repeats: 0)
    #expect(
      breaker.refusal("alpha", trip).description
        == "venue_rejects agent=alpha rejects=3 window_s=60 until=\(at(100))")
  }
}
