import FloorIOData
import FloorTestSupport
import Shared
import Testing

@testable import FloorBench

@Suite("A race for one dollar", .oneAtATime, .timeLimit(.minutes(60)))
struct AllocationRaceTests {
  private static let sessions = 6

  private func floor() throws -> AllocationFloor {
    let database = try TestServers.shared().database()
    return try AllocationFloor(
      administrator: database.servers.administrator(database: database.name),
      role: { database.settings(role: $0) }, racers: Self.sessions)
  }

  private func race(_ scope: AllocationScope, _ form: AllocationForm, turn: Int, attempts: Int, seed: UInt64)
    -> AllocationRace
  {
    AllocationRace(
      number: turn, scope: scope, form: form, sessions: Self.sessions, attempts: attempts, time: .seconds(60),
      seed: seed)
  }

  @Test("the admission never grants more than there is, in no committed state", arguments: Seeds.some(2))
  func neverExceeded(seed: UInt64) throws {
    let floor = try floor()
    for (turn, scope) in AllocationScope.allCases.enumerated() {
      let outcome = try race(scope, .floor, turn: turn, attempts: 500, seed: seed).run(floor)
      let history = try #require(outcome.history)
      #expect(outcome.attempts == 500 && outcome.granted > 25 && outcome.granted < 450)
      #expect(outcome.seenOver == 0 && history.exceeded == 0 && history.drift == .zero)
      // It was a race for all of it: wishes of up to 60 cents came close to the dollar, and none passed it.
      #expect(history.most > USD(micros: 900_000) && history.most <= AllocationFloor.limit)
    }
  }

  @Test(
    "the history sees that reading and then writing exceeds, and that a lock, an advisory lock and SERIALIZABLE do not")
  func naiveForms() throws {
    let floor = try floor()
    let seed = Seeds.some(2)[1]
    var turn = 0
    for scope in AllocationScope.allCases {
      for form in AllocationForm.allCases where form != .floor {
        turn += 1
        let outcome = try race(scope, form, turn: turn, attempts: 200, seed: seed).run(floor)
        let history = try #require(outcome.history)
        let found = "\(scope) \(form), seed \(seed): \(history)"
        if form == .unlocked {
          #expect(history.exceeded > 0 && history.most > AllocationFloor.limit, "\(found)")
        } else {
          #expect(history.exceeded == 0 && outcome.seenOver == 0 && history.drift == .zero, "\(found)")
        }
      }
    }
  }
}
