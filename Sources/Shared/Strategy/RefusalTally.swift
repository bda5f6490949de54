/// Makes rows out of refusals: the first of a kind in a market at once, its repeats as a count at intervals and when the market ends.
struct RefusalTally: Sendable {
  private struct Line: Sendable {
    var refusal: SignalRefusal
    var unreported: Int64
    var reportedAt: MarketTime
    /// As of the newest repeat.
    var decision: Decision

    /// The row for what was counted; counting begins anew.
    mutating func report(at now: MarketTime) -> Decision {
      var row = decision
      row.count = unreported
      unreported = 0
      reportedAt = now
      return row
    }
  }

  /// Repeats of one refusal are reported this often (market time).
  static let interval = Duration.seconds(300)

  private var lines: [Line] = []

  /// Counted and in no row yet.
  var unreported: Int64 { lines.reduce(0) { $0 + $1.unreported } }

  /// The row for a refusal, when it is the first of its kind in its market.
  mutating func note(_ refusal: SignalRefusal, _ decision: Decision) -> Decision? {
    let index = lines.firstIndex {
      $0.refusal.market == refusal.market && $0.refusal.outcome == refusal.outcome
        && $0.refusal.reason == refusal.reason
    }
    guard let index else {
      lines.append(Line(refusal: refusal, unreported: 0, reportedAt: decision.now, decision: decision))
      return decision
    }
    lines[index].unreported += 1
    lines[index].decision = decision
    return nil
  }

  /// Rows for what was counted since the last report and is due.
  mutating func due(at now: MarketTime) -> [Decision] {
    var rows: [Decision] = []
    for index in lines.indices
    where lines[index].unreported > 0 && now.since(lines[index].reportedAt) >= RefusalTally.interval {
      rows.append(lines[index].report(at: now))
    }
    return rows
  }

  /// The last rows of a market that is over (of all of them, at the end of a life).
  mutating func close(_ market: MarketSlug?, at now: MarketTime) -> [Decision] {
    var rows: [Decision] = []
    for index in lines.indices where market == nil || lines[index].refusal.market == market {
      if lines[index].unreported > 0 { rows.append(lines[index].report(at: now)) }
    }
    lines.removeAll { market == nil || $0.refusal.market == market }
    return rows
  }
}
