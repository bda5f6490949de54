extension DirectionalStrategy {
  public var checkpoint: JSON {
    [
      "input": .string(rules.input.rawValue), "reference_kind": .string(rules.referenceKind.rawValue),
      "series": .array(series.map { ["name": .string($0.name), "history": $0.signal.checkpoint] }),
      "exits": .array(
        exits.map {
          [
            "market": .text($0.market), "outcome": .string($0.outcome.rawValue), "reason": .string($0.reason),
            "not_before_ns": .int($0.notBefore.nanoseconds), "failures": .int($0.failures),
          ]
        }),
      "ranges": .array(ranges.map { ["market": .text($0.market), "range": $0.range.checkpoint] }),
      "held": .array(
        held.map {
          [
            "market": .text($0.market), "outcome": .string($0.outcome.rawValue),
            "range": .optional($0.range.map { .bits($0) }),
            "peak_points": .text($0.peak),
          ]
        }),
      "remembered": .array(
        remembered.map {
          [
            "market": .text($0.market), "entries": .int($0.history.entries),
            "quiet_until_ns": .optional($0.history.quietUntil.map { .int($0.nanoseconds) }),
            "counted": .optional($0.counted.map { .text($0) }),
          ]
        }),
    ]
  }

  public mutating func restore(_ checkpoint: JSON) -> Bool {
    do throws(MessageError) {
      self = try restored(checkpoint)
      return true
    } catch {
      return false
    }
  }

  private func restored(_ checkpoint: JSON) throws(MessageError) -> Self {
    var new = self
    new.series = []
    new.exits = []
    new.remembered = []
    new.ranges = []
    new.held = []
    let fields = try MessageFields(checkpoint, prefix: "strategy")
    // A history of another figure means nothing for this one; exits and cool-downs still hold.
    let (input, kind) = (try fields.string("input"), try fields.string("reference_kind"))
    let sameFigure =
      input == rules.input.rawValue && (rules.input != .reference || kind == rules.referenceKind.rawValue)
    for item in sameFigure ? try fields.value("series").array ?? [] : [] {
      let entry = try MessageFields(item, prefix: "strategy.series")
      var signal = emptySignal()
      guard signal.restore(try entry.value("history")) else { throw fields.invalid("series") }
      new.series.append(Series(name: try entry.string("name"), signal: signal))
    }
    for item in try fields.value("exits").array ?? [] {
      let entry = try MessageFields(item, prefix: "strategy.exits")
      new.exits.append(
        Exit(
          market: try entry.identifier("market"), outcome: try entry.word("outcome"),
          reason: try entry.string("reason"),
          notBefore: try entry.time("not_before_ns"), failures: Int(try entry.int("failures"))))
    }
    for item in try fields.value("remembered").array ?? [] {
      let entry = try MessageFields(item, prefix: "strategy.remembered")
      var memory = Remembered(market: try entry.identifier("market"))
      memory.history.entries = try entry.int("entries")
      memory.history.quietUntil = try entry.optional("quiet_until_ns") { $0.int.map { MarketTime(nanoseconds: $0) } }
      memory.counted = try entry.optional("counted") { $0.string.flatMap { IntentID($0) } }
      new.remembered.append(memory)
    }
    try new.restoreRanges(checkpoint)
    return new
  }

  /// Absent from checkpoints of before there were such exits. Bars of another length begin anew.
  private mutating func restoreRanges(_ checkpoint: JSON) throws(MessageError) {
    for item in checkpoint["ranges"]?.array ?? [] {
      let entry = try MessageFields(item, prefix: "strategy.ranges")
      var ranged = Ranged(market: try entry.identifier("market"), range: rules.exits.emptyRange)
      if ranged.range.restore(try entry.value("range")) { ranges.append(ranged) }
    }
    for item in checkpoint["held"]?.array ?? [] {
      let entry = try MessageFields(item, prefix: "strategy.held")
      held.append(
        Held(
          market: try entry.identifier("market"), outcome: try entry.word("outcome"),
          range: try entry.optional("range") { $0.doubleBits },
          peak: try entry.price("peak_points")))
    }
  }
}
