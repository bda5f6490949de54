extension HammerStrategy {
  public var checkpoint: JSON {
    [
      "half_life_s": .double(parameters.volatility.halfLife), "end_lag_s": .int(parameters.endLag),
      "feeds": .array(feeds.map(\.checkpoint)),
      "memories": .array(
        memories.map {
          [
            "market": .text($0.market), "mids": $0.mids.checkpoint, "entries": .int($0.entries),
            "quiet_until_ns": .optional($0.quietUntil.map { .int($0.nanoseconds) }),
            "counted": .optional($0.counted.map { .text($0) }),
          ]
        }),
      "entries_ns": .array(entryTimes.map { .int($0.nanoseconds) }),
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
    new.feeds = []
    new.memories = []
    new.entryTimes = []
    let fields = try MessageFields(checkpoint, prefix: "strategy")
    // Figures of another half-life or lag mean nothing for this one; what was bought still counts.
    let halfLife = try fields.value("half_life_s").double
    let endLag = try fields.int("end_lag_s")
    let isSame = halfLife == parameters.volatility.halfLife && endLag == parameters.endLag
    for item in isSame ? try fields.value("feeds").array ?? [] : [] {
      new.feeds.append(try HammerFeeds(checkpoint: item, parameters.volatility))
    }
    for item in try fields.value("memories").array ?? [] {
      let entry = try MessageFields(item, prefix: "strategy.memories")
      var memory = Memory(market: try entry.identifier("market"))
      guard let mids = RollingWindow.observations(try entry.value("mids")) else { throw entry.invalid("mids") }
      for sample in mids { memory.mids.add(sample.value, at: sample.time) }
      memory.entries = try entry.int("entries")
      memory.quietUntil = try entry.optional("quiet_until_ns") { $0.int.map { MarketTime(nanoseconds: $0) } }
      memory.counted = try entry.optional("counted") { $0.string.flatMap { IntentID($0) } }
      new.memories.append(memory)
    }
    for item in try fields.value("entries_ns").array ?? [] {
      guard let time = item.int else { throw fields.invalid("entries_ns") }
      new.entryTimes.append(MarketTime(nanoseconds: time))
    }
    return new
  }
}
