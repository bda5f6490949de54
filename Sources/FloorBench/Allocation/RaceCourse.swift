import FloorIOData
import Glibc
import Shared
import Synchronization

/// What the racers of a turn share: the start, the attempts that are left, and what they know to hold.
final class RaceCourse: Sendable {
  private struct State {
    var waitedFor: Int
    var left: Int
    var began: MonotonicTime?
    var ended: MonotonicTime?
    var held = USD.zero
    var outcome = AllocationRace.Outcome()
    var failure: String?
  }

  private let time: Duration
  private let state: Mutex<State>

  init(sessions: Int, attempts: Int, time: Duration) {
    self.time = time
    state = Mutex(State(waitedFor: sessions, left: attempts))
  }

  /// Returns when all are there.
  func arrive() throws {
    state.withLock { state in
      state.waitedFor -= 1
      if state.waitedFor == 0 { state.began = SystemClock.monotonic() }
    }
    while try state.withLock({ state in
      if let failure = state.failure { throw BenchFailure(failure) }
      return state.began == nil
    }) { _ = poll(nil, 0, 1) }
  }

  /// One more attempt, unless all are taken or the time is up.
  func take() -> Bool {
    state.withLock { state in
      guard state.left > 0, state.failure == nil, !isLate(state) else {
        if state.ended == nil { state.ended = SystemClock.monotonic() }
        return false
      }
      state.left -= 1
      return true
    }
  }

  var isOver: Bool { state.withLock { $0.ended != nil || $0.failure != nil || isLate($0) } }

  private func isLate(_ state: State) -> Bool {
    state.began.map { SystemClock.monotonic().since($0) >= time } ?? false
  }

  func got(_ worst: USD) {
    state.withLock { state in
      state.held += worst
      if state.held > AllocationFloor.limit { state.outcome.seenOver += 1 }
    }
  }

  func giving(_ worst: USD) { state.withLock { $0.held -= worst } }

  func add(_ part: AllocationRace.Outcome) {
    state.withLock { state in
      state.outcome.attempts += part.attempts
      state.outcome.granted += part.granted
      state.outcome.retries += part.retries
      state.outcome.times += part.times
    }
  }

  func fail(_ words: String) { state.withLock { $0.failure = $0.failure ?? words } }

  func outcome() throws -> AllocationRace.Outcome {
    try state.withLock { state in
      if let failure = state.failure { throw BenchFailure(failure) }
      guard let began = state.began, let ended = state.ended, state.outcome.attempts > 0 else {
        throw BenchFailure("nobody raced")
      }
      state.outcome.duration = ended.since(began)
      return state.outcome
    }
  }
}
