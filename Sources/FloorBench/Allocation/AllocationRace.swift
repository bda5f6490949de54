import FloorIOData
import Glibc
import Shared
import Synchronization

/// One turn: so many sessions at once ask for parts of the dollar and give them back, until the attempts or the time are used up.
struct AllocationRace {
  let number: Int
  let scope: AllocationScope
  let form: AllocationForm
  let sessions: Int
  let attempts: Int
  let time: Duration
  let seed: UInt64

  struct Outcome {
    var attempts = 0
    var granted = 0
    var retries = 0
    /// Of one attempt, from its first byte to its answer.
    var times: [Int64] = []
    var duration: Duration = .zero
    /// Grants after which those whose answers had come, and which nobody had begun to give back, were more than the dollar.
    var seenOver = 0
    var history: AllocationHistory?
  }

  func run(_ floor: AllocationFloor) throws -> Outcome {
    precondition(sessions <= floor.racers.count, "as many racers as sessions")
    let market = try floor.market(turn: number, scope: scope)
    let course = RaceCourse(sessions: sessions, attempts: attempts, time: time)
    try WorkerThreads.run(sessions) { index in
      let party = RaceParty(
        racer: scope == .agent ? floor.loner : floor.racers[index], scope: scope, market: market)
      do { try Self.race(floor, party, self, index, course) } catch { course.fail("racer \(index): \(error)") }
    }
    var outcome = try course.outcome()
    let history = try AllocationHistory(floor, market)
    guard history.admissions == outcome.granted else {
      throw BenchFailure("\(outcome.granted) were granted, the record has \(history.admissions)")
    }
    outcome.history = history
    if form != .floor { try AllocationHistory.repair(floor, market) }
    return outcome
  }

  private static func race(
    _ floor: AllocationFloor, _ party: RaceParty, _ race: AllocationRace, _ index: Int, _ course: RaceCourse
  ) throws {
    let admission: any Admission =
      try race.form == .floor
      ? FloorAdmission(floor, party)
      : ClientSideAdmission(floor, party, form: race.form) { course.isOver }
    var chance = SeededGenerator(seed: race.seed &+ UInt64(index) &* 0x9E37)
    var held: [RaceWish] = []
    var own = Outcome()
    try course.arrive()
    while true {
      if !held.isEmpty, chance.next() & 1 == 0 {
        let wish = held.removeFirst()
        course.giving(wish.worst)
        try admission.release(wish)
        continue
      }
      guard course.take() else { break }
      let worst = USD(micros: Int64(5 + chance.next() % 56) * 10_000)
      let wish = RaceWish(turn: race.number, racer: index, number: own.attempts, worst: worst)
      let start = SystemClock.monotonic()
      guard let isGranted = try admission.attempt(wish) else { break }
      own.times.append(SystemClock.monotonic().since(start).nanoseconds)
      own.attempts += 1
      if isGranted {
        own.granted += 1
        held.append(wish)
        course.got(worst)
      }
    }
    for wish in held {
      course.giving(wish.worst)
      try admission.release(wish)
    }
    own.retries = admission.retries
    course.add(own)
  }
}
