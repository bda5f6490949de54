/// What a reference price is good for (protocol document, sections 1.6 and 5).
public enum ReferenceRole: String, Hashable, Sendable, CaseIterable {
  /// Of the series by which the venue decides a market: its values at a window's two ends are the result.
  case settlement
  /// Tells early where the settling series is going, and settles nothing.
  case hint
  /// Says only that its source still speaks: a repetition, or a value older than one known.
  case liveness
}

/// The services that tell reference prices: RTDS, and its successor PolyBolt.
public enum ReferenceSource: String, Hashable, Sendable, CaseIterable {
  case rtds
  case polybolt
}

/// One picture of the reference prices out of several sources. Whichever source speaks first counts; what the other says of the same
/// moment is a sign of life, and when it says something else, that is counted. Which series settles is each market's own word
/// (`Market.Settlement`), never a constant. Pure; not thread-safe.
public struct ReferenceFeed: Sendable {
  /// A price series: what is meant by it, whichever source told it.
  public struct Key: Hashable, Sendable {
    /// `btc/usd`.
    public let symbol: String
    public let series: ReferenceTick.Series

    public init(symbol: String, series: ReferenceTick.Series) {
      self.symbol = symbol
      self.series = series
    }

    public init(_ tick: ReferenceTick) {
      symbol = tick.plainSymbol
      series = tick.series
    }
  }

  public struct Verdict: Hashable, Sendable {
    public let role: ReferenceRole
    /// Two sources say different things of the same moment of a settling series.
    public let isContested: Bool
  }

  private struct Known: Sendable {
    var time: MarketTime
    /// The newest values, oldest first, to compare what the other source says with.
    var recent: [(time: MarketTime, value: ReferenceValue, source: ReferenceSource)]
  }

  private static let kept = 180
  private var known: [Key: Known] = [:]
  private var settling: [Key: Int] = [:]
  private var heard: [ReferenceSource: MonotonicTime] = [:]
  public private(set) var contested = 0

  public init() {}

  // MARK: What settles

  /// A market is followed that this rule settles; `unfollow` takes it back.
  public mutating func follow(_ rule: Market.Settlement) { settling[Key(rule), default: 0] += 1 }

  public mutating func unfollow(_ rule: Market.Settlement) {
    guard let count = settling[Key(rule)] else { return }
    settling[Key(rule)] = count > 1 ? count - 1 : nil
  }

  public func settles(_ key: Key) -> Bool { settling[key] != nil }

  // MARK: Taking in

  /// Something came from this source, whatever it was.
  public mutating func hear(_ source: ReferenceSource, at now: MonotonicTime) { heard[source] = now }

  /// Takes in one observation.
  public mutating func take(_ tick: ReferenceTick, from source: ReferenceSource, at now: MonotonicTime) -> Verdict {
    heard[source] = now
    let key = Key(tick)
    let role: ReferenceRole = settles(key) ? .settlement : .hint
    guard var state = known[key] else {
      known[key] = Known(time: tick.observedAt, recent: [(tick.observedAt, tick.value, source)])
      return Verdict(role: role, isContested: false)
    }
    guard tick.observedAt > state.time else {
      let same = state.recent.last { $0.time == tick.observedAt }
      let differs = same.map { $0.source != source && $0.value != tick.value } ?? false
      if differs, role == .settlement { contested += 1 }
      return Verdict(role: .liveness, isContested: differs && role == .settlement)
    }
    state.time = tick.observedAt
    state.recent.append((tick.observedAt, tick.value, source))
    if state.recent.count > ReferenceFeed.kept { state.recent.removeFirst(ReferenceFeed.kept / 3) }
    known[key] = state
    return Verdict(role: role, isContested: false)
  }

  // MARK: Looking

  /// How long this source has said nothing; `nil` when it never spoke.
  public func silence(of source: ReferenceSource, at now: MonotonicTime) -> Duration? {
    heard[source].map { now.since($0) }
  }
}

extension ReferenceFeed.Key {
  fileprivate init(_ rule: Market.Settlement) {
    self.init(symbol: rule.symbol, series: rule.twapSeconds.map { .oracleTWAP(seconds: $0) } ?? .oracleSpot)
  }
}
