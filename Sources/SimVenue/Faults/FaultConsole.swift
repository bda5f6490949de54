import Shared

/// All that somebody made go wrong, behind the `/sim/…` paths of the console (`docs/sim-venue.md`). Nothing here is written to the truth
/// log but its consequences, and a restart of the venue forgets it.
struct FaultConsole: Sendable {
  var requests: RequestFaults
  var streams: StreamFaults
  var mode = TradingMode()
  var limits = RateLimits()
  private var geoblock = Geoblock()
  /// Seconds by which the venue's clock is wrong, as its clients see it.
  private var skew: Int64 = 0

  init(seed: UInt64) {
    requests = RequestFaults(seed: seed)
    streams = StreamFaults(seed: seed)
  }

  /// The clock that stamps are compared with and `/time` tells.
  func clock(_ wall: WallTime) -> WallTime { wall.advanced(by: .seconds(skew)) }

  /// What the edge answers before the venue sees a request: too many, or from the wrong place.
  mutating func edge(_ call: Call, at wall: WallTime) -> Answer? {
    limits.refusal(call.method, call.path, at: wall) ?? geoblock.answer(call.method, call.path)
  }

  /// `nil` when the path is none of the console's.
  mutating func answer(
    _ call: Call, at wall: WallTime, _ gate: inout Gate, _ state: inout VenueState
  ) -> Answer? {
    do throws(FaultProblem) {
      switch (call.method, call.path) {
      case ("GET", "/sim/faults"): return .ok(requests.shown)
      case ("GET", "/sim/faults/streams"): return .ok(streams.shown)
      case ("GET", "/sim/faults/settlement"): return .ok(state.settlementFaults.shown)
      case ("GET", "/sim/throttle"): return .ok(limits.shown)
      case ("POST", "/sim/throttle"):
        try limits.set(body(call))
        return .ok(limits.shown)
      case ("GET", "/sim/geoblock"): return .ok(geoblock.shown)
      case ("POST", "/sim/geoblock"):
        try geoblock.set(body(call))
        return .ok(geoblock.shown)
      case ("GET", "/sim/delayed"): return .ok(state.delayedTakers.shown)
      case ("POST", "/sim/delayed"):
        try state.delayedTakers.set(body(call), at: wall)
        return .ok(state.delayedTakers.shown)
      case ("GET", "/sim/hydration"): return .ok(.object(("ms", .integer(state.hydration.milliseconds))))
      case ("POST", "/sim/hydration"):
        guard let number = try body(call)["ms"]?.asNumber, (0...86_400_000).contains(number) else {
          throw FaultProblem("ms is between 0 and 86400000")
        }
        state.hydration = .milliseconds(number)
        return .ok(.object(("ms", .integer(number))))
      case ("GET", "/sim/resolution"): return .ok(state.resolutionFaults.shown)
      case ("POST", "/sim/resolution"):
        try state.resolutionFaults.set(body(call), at: wall)
        return .ok(state.resolutionFaults.shown)
      case ("GET", "/sim/mode"): return .ok(mode.shown(at: wall))
      case ("POST", "/sim/faults"):
        try requests.set(body(call), at: wall)
        return .ok(requests.shown)
      case ("POST", "/sim/faults/streams"):
        try streams.set(body(call), at: wall)
        return .ok(streams.shown)
      case ("POST", "/sim/faults/settlement"):
        try state.settlementFaults.set(body(call), at: wall)
        return .ok(state.settlementFaults.shown)
      case ("POST", "/sim/mode"):
        mode = try TradingMode(body(call), at: wall)
        return .ok(mode.shown(at: wall))
      case ("GET", "/sim/skew"): return .ok(.object(("seconds", .integer(skew))))
      case ("POST", "/sim/tick"):
        let wanted = try body(call)
        guard let slug = wanted["slug"]?.asText, let market = state.clients.marketIndex[slug], state.live[market].isOpen
        else {
          throw FaultProblem("slug names no open market")
        }
        guard let tick = wanted["tick"]?.asMicros.flatMap({ PriceTick(micros: $0) }),
          state.live[market].tick.micros % tick.micros == 0
        else { throw FaultProblem("tick is one that the market's own is a multiple of") }
        state.setTick(tick, market: market)
        return .ok(.object(("tick", .text(tick.description))))
      case ("POST", "/sim/skew"):
        guard let seconds = try body(call)["seconds"]?.asNumber, (-86_400...86_400).contains(seconds) else {
          throw FaultProblem("seconds is between -86400 and 86400")
        }
        skew = seconds
        return .ok(.object(("seconds", .integer(skew))))
      case ("GET", "/sim/data"): return .ok(Self.shown(state.chain))
      case ("POST", "/sim/data"):
        // How late and whether the Data API hears of the chain (V16).
        let wanted = try body(call)
        if let value = wanted["lag_ms"] {
          guard let number = value.asNumber, (0...600_000).contains(number) else {
            throw FaultProblem("lag_ms is between 0 and 600000")
          }
          state.chain.lag = .milliseconds(number)
        }
        if let value = wanted["frozen"] {
          guard let flag = value.asFlag else { throw FaultProblem("frozen is true or false") }
          state.chain.isFrozen = flag
        }
        return .ok(Self.shown(state.chain))
      case ("POST", "/sim/revoke"):
        // As if its holder, or somebody who has the wallet, had deleted it elsewhere.
        guard let apiKey = try body(call)["api_key"]?.asText, gate.keys[apiKey] != nil else {
          throw FaultProblem("api_key names no key that opens anything")
        }
        gate.keys[apiKey] = nil
        return .ok(.object(("revoked", .text(apiKey))))
      default: return nil
      }
    } catch {
      return .refused(400, error.description)
    }
  }

  private static func shown(_ chain: ChainIndex) -> WireValue {
    .object(("lag_ms", .integer(chain.lag.milliseconds)), ("frozen", .flag(chain.isFrozen)))
  }

  private func body(_ call: Call) throws(FaultProblem) -> WireValue {
    guard let value = WireReader.read(call.body) else { throw FaultProblem("the body is no JSON") }
    return value
  }
}
