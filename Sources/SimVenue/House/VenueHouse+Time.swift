import FloorIOData
import Shared

/// How the venue's time passes: by itself, catching up with the wall, or step by step in lockstep.
extension VenueHouse {
  /// Does what has become due, at most for `budget`. `false` when something is left to do at once.
  func catchUp(wall: WallTime, budget: Duration = .milliseconds(20)) throws -> Bool {
    let start = SystemClock.monotonic()
    while true {
      let target = clock.market(at: wall)
      guard let due = life.next, due <= target else { break }
      state.advance(to: Now(wall: min(wall, clock.wall(at: due)), market: due))
      try live()
      if SystemClock.monotonic().since(start) > budget { return false }
    }
    state.advance(to: Now(wall: wall, market: clock.market(at: wall)))
    state.notePrices()
    skipSilence(wall)
    try drain()
    return true
  }

  /// In lockstep: the market goes on to the next event of its life that is due by `target`, or, when there is none, stands at `target`.
  /// Answers whether there was one; `nil` when the market's time runs by itself.
  func step(to target: MarketTime, wall: WallTime) throws -> Bool? {
    guard rateMilli == 0 else { return nil }
    let due = life.next.flatMap { $0 <= target ? $0 : nil }
    let now = max(due ?? target, state.now.market)
    clock = .standing(at: now, since: wall)
    state.advance(to: Now(wall: wall, market: now))
    if due != nil {
      try live()
    } else {
      state.notePrices()
    }
    try drain()
    return due != nil
  }

  /// One event of the source, and what it says to everybody.
  private func live() throws {
    try life.run(&state)
    try drain()
    for report in life.takeReports() {
      if !life.speaksVerbatim { reference.tell(report, at: state.now.market, deliver) }
      price.tell(report, at: state.now.market, deliver)
    }
    for frame in life.takeFrames() { recorded[frame.stream]?.tell(frame.text, deliver) }
  }

  /// When `catchUp` is next worth calling.
  var nextWake: WallTime? {
    let due = state.nextDue
    var times: [WallTime] = []
    if let time = due.wall { times.append(time) }
    if let time = due.market { times.append(clock.wall(at: time)) }
    if let time = life.next { times.append(clock.wall(at: time)) }
    return times.min()
  }

  /// Moves the market clock to just before the next event when the source allows it and nothing happens until then.
  private func skipSilence(_ wall: WallTime) {
    // In lockstep time moves by steps alone.
    guard clock.rateMilli > 0, let longest = life.skippable, state.held.isEmpty else { return }
    let times = [life.next, state.nextDue.market].compactMap { $0 }
    guard let upcoming = times.min(), upcoming.since(state.now.market) > longest else { return }
    clock = MarketClock(
      anchorWall: wall, anchorMarket: upcoming.advanced(by: .seconds(-1)), rateMilli: clock.rateMilli)
    state.record(.clock(clock))
    state.advance(to: Now(wall: wall, market: clock.market(at: wall)))
  }

  /// Lets a venue that was started paused run.
  func start(_ wall: WallTime) {
    guard clock.rateMilli != rateMilli else { return }
    clock = MarketClock(anchorWall: wall, anchorMarket: clock.market(at: wall), rateMilli: rateMilli)
    state.record(.clock(clock))
  }
}
