import Shared

/// What only the simulated venue answers: its clock, its state, and the console of its faults.
extension VenueHouse {
  /// Where the market's time stands and what has been said so far: whoever steps waits until all of it has been heard.
  private var standing: [(String, WireValue)] {
    [
      ("market_ns", .integer(state.now.market.nanoseconds)), ("sequence", .integer(state.nextSequence - 1)),
      ("held_orders", .integer(Int64(state.held.count))), ("market_frames", .integer(sentOf[.market] ?? 0)),
      ("reference_frames", .integer(sentOf[.rtds] ?? 0)), ("user_events", .integer(userEvents)),
    ]
  }

  private func record(_ fields: [(String, WireValue)]) -> WireValue {
    .record(fields.map { .init(name: $0.0, value: $0.1) })
  }

  private var clockAnswer: Answer {
    .ok(
      .object(
        ("anchor_wall_ns", .integer(clock.anchorWall.nanoseconds)),
        ("anchor_market_ns", .integer(clock.anchorMarket.nanoseconds)), ("rate_milli", .integer(clock.rateMilli))))
  }

  /// `nil` when the call is for the venue itself.
  func own(_ call: Call, _ wall: WallTime) throws -> Answer? {
    if let answer = console.answer(call, at: wall, &gate, &state) { return answer }
    switch (call.method, call.path) {
    case ("GET", "/sim/clock"): return clockAnswer
    case ("POST", "/sim/start"):
      start(wall)
      return clockAnswer
    case ("POST", "/sim/step"):
      guard let until = call.query.first(where: { $0.name == "until_ns" }).flatMap({ Int64($0.value) }), until >= 0
      else {
        return .refused(400, "until_ns is wanted: a market time in nanoseconds since 1970")
      }
      guard let happened = try step(to: MarketTime(nanoseconds: until), wall: wall) else {
        return .refused(400, "the market's time runs by itself: start sim-venue with --lockstep")
      }
      return .ok(record([("happened", .flag(happened))] + standing))
    case ("GET", "/sim/standing"): return .ok(record(standing))
    case ("GET", "/sim/status"):
      var fields = life.status
      fields += [
        ("build", .text(build)), ("market_time", .text(state.now.market.description)),
        ("behind_ms", .integer(clock.market(at: state.now.wall).since(state.now.market).milliseconds)),
        ("markets", .integer(Int64(state.live.count))),
        ("open_markets", .integer(Int64(state.live.count { $0.isOpen }))),
        ("open_orders", .integer(Int64(state.clients.openOrders.count))),
        ("trades", .integer(Int64(state.clients.trades.count))), ("sockets", .integer(Int64(channels.count))),
        ("frames_sent", .integer(sent)), ("sequence", .integer(state.nextSequence - 1)),
      ]
      // Whoever must hear every frame waits for this before POST /sim/start.
      for (stream, channel) in recorded where life.speaksVerbatim {
        fields.append(("\(stream.rawValue)_listeners", .integer(Int64(channel.count))))
      }
      return .ok(record(fields))
    default: return nil
    }
  }
}
