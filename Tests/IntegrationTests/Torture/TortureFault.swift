import FloorIOData
import FloorTestSupport
import Foundation
import Shared
import Synchronization

/// What goes wrong on a floor under torture, one thing at a time and several at once.
enum TortureFault: String, CaseIterable, Sendable {
  case gatewayKilled = "gateway_killed"
  case gatewayFrozen = "gateway_frozen"
  /// PostgreSQL ends without a checkpoint and recovers.
  case databaseCrash = "database_crash"
  case databaseRestart = "database_restart"
  case databaseCut = "database_cut"
  /// It commits, and nobody hears of it.
  case databaseAnswersLost = "database_answers_lost"
  case databaseRequestTorn = "database_request_torn"
  case redisRestart = "redis_restart"
  case redisCut = "redis_cut"
  case redisMessagesLost = "redis_messages_lost"
  case venueKilled = "venue_killed"
  case venueCut = "venue_cut"
  case venueAnswersLost = "venue_answers_lost"
  case venueRequestTorn = "venue_request_torn"
  /// Refusals without a look, answers that never come, come late, break off or contradict what was done.
  case venueRequests = "venue_requests"
  /// News of orders and trades is lost, repeated, told in another order, garbled.
  case venueStream = "venue_stream"
  /// Trades fail on the chain, or are tried again.
  case venueSettlement = "venue_settlement"
}

/// When faults strike, and when they are over.
struct TortureSchedule {
  private let every: Duration
  private var random: SeededGenerator
  private var next: MonotonicTime
  private var mends: [(at: MonotonicTime, mend: (TortureFloor) throws -> Void)] = []
  private let restarting = Restarting()

  init(every: Duration, seed: UInt64) {
    self.every = every
    random = SeededGenerator(seed: seed)
    next = SystemClock.monotonic()
    next = next.advanced(by: wait())
  }

  /// Nothing is broken at the moment.
  var isQuiet: Bool { mends.isEmpty && !restarting.isBusy }

  /// - Parameter strikes: whether anything new may go wrong.
  mutating func turn(_ floor: TortureFloor, _ now: MonotonicTime, strikes: Bool) throws {
    if let failure = restarting.failure { throw BenchFailure("a server does not come back: \(failure)") }
    let due = mends.filter { $0.at <= now }
    mends.removeAll { $0.at <= now }
    for item in due { try item.mend(floor) }
    guard strikes, now >= next else { return }
    next = now.advanced(by: wait())
    let fault = TortureFault.allCases.randomElement(using: &random)!
    if try strike(fault, floor, now) { floor.report.faults[fault, default: 0] += 1 }
  }

  /// Exponential: faults know nothing of each other.
  private mutating func wait() -> Duration {
    let uniform = Double.random(in: 1e-6..<1, using: &random)
    return .milliseconds(Int64(-log(uniform) * Double(every.milliseconds)))
  }

  private mutating func later(
    _ now: MonotonicTime, _ milliseconds: ClosedRange<Int64>, _ mend: @escaping (TortureFloor) throws -> Void
  ) {
    mends.append((now.advanced(by: .milliseconds(Int64.random(in: milliseconds, using: &random))), mend))
  }

  /// Returns whether it could strike.
  private mutating func strike(_ fault: TortureFault, _ floor: TortureFloor, _ now: MonotonicTime) throws -> Bool {
    switch fault {
    case .gatewayKilled:
      try floor.bench.killGateway()
    case .gatewayFrozen:
      guard let gateway = floor.bench.gateway, gateway.isRunning else { return false }
      let pid = gateway.processIdentifier
      kill(pid, SIGSTOP)
      later(now, 100...2000) { floor in
        if floor.bench.gateway?.processIdentifier == pid { kill(pid, SIGCONT) }
      }
    case .databaseCrash: return restarting.begin(.databaseCrash, floor.servers)
    case .databaseRestart: return restarting.begin(.databaseRestart, floor.servers)
    case .redisRestart: return restarting.begin(.redisRestart, floor.servers)
    case .databaseCut: floor.toRecord.cut()
    case .databaseAnswersLost: lose(floor.toRecord, now)
    case .databaseRequestTorn: floor.toRecord.tearRequests()
    case .redisCut: floor.toBus.cut()
    case .redisMessagesLost: lose(floor.toBus, now)
    case .venueKilled:
      floor.toVenue.cut()
      try floor.bench.restartVenue()
    case .venueCut: floor.toVenue.cut()
    case .venueAnswersLost: lose(floor.toVenue, now)
    case .venueRequestTorn: floor.toVenue.tearRequests()
    case .venueRequests:
      let rules: [(String, [JSON.Member])] = [
        ("error", []), ("error_after", []), ("drop_answer", []), ("cut_answer", []), ("tear_answer", []), ("cut", []),
        ("drip_answer", []), ("late", [.init("ms", 900)]), ("delay", [.init("ms", 300)]),
      ]
      let (kind, more) = rules.randomElement(using: &random)!
      let endpoint = ["POST /order", "/data/*", "*"].randomElement(using: &random)!
      let count = Int64.random(in: 1...8, using: &random)
      return try set(
        floor, "/sim/faults",
        .object(
          [.init("endpoint", .string(endpoint)), .init("kind", .string(kind)), .init("count", .int(count))] + more))
    case .venueStream:
      let kind = ["lose", "repeat", "swap", "garble", "hang_up"].randomElement(using: &random)!
      let count = Int64.random(in: 1...20, using: &random)
      return try set(floor, "/sim/faults/streams", ["stream": "user", "kind": .string(kind), "count": .int(count)])
    case .venueSettlement:
      let kind = ["fail", "retry"].randomElement(using: &random)!
      return try set(
        floor, "/sim/faults/settlement",
        ["kind": .string(kind), "count": .int(Int64.random(in: 1...5, using: &random))])
    }
    return true
  }

  private mutating func lose(_ proxy: FaultProxy, _ now: MonotonicTime) {
    proxy.loseAnswers()
    later(now, 10...1000) { [weak proxy] _ in proxy?.cut() }
  }

  /// One rule, in the place of what was set there before; after some seconds none. Returns whether the venue heard it: one that is busy
  /// does not always.
  private mutating func set(_ floor: TortureFloor, _ path: String, _ rule: JSON) throws -> Bool {
    func said(_ floor: TortureFloor, _ rules: JSON) -> Bool {
      do {
        try floor.bench.request("POST", path, rules)
        return true
      } catch {
        floor.report.skipped += 1
        return false
      }
    }
    // It may have heard of it though its answer came too late.
    later(SystemClock.monotonic(), 3000...3000) { floor in
      for _ in 0..<10 where said(floor, []) { return }
      throw BenchFailure("the venue keeps what was set at \(path)")
    }
    return said(floor, [rule])
  }
}

/// A server that is being restarted, one at a time, on another thread: the floor lives on meanwhile.
private final class Restarting: Sendable {
  private struct State {
    var isBusy = false
    var failure: String?
  }

  private let state = Mutex(State())

  var isBusy: Bool { state.withLock { $0.isBusy } }
  var failure: String? { state.withLock { $0.failure } }

  func begin(_ restart: TestServers.Restart, _ servers: TestServers) -> Bool {
    let isFree = state.withLock { state in
      defer { state.isBusy = true }
      return !state.isBusy
    }
    guard isFree else { return false }
    Thread { [self] in
      var failure: String?
      do { try servers.perform(restart) } catch { failure = "\(error)" }
      state.withLock { $0 = State(isBusy: false, failure: failure) }
    }.start()
    return true
  }
}
