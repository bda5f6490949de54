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

/// One picture of the reference prices out of several sources. Of each series one source leads, the first that spoke: what it tells is the
/// news. What the other tells ahead of it waits, and fills the moments that the leader leaves out; when the leader has said nothing of the
/// series for `patience`, the other leads from where it stopped. None is told out of order, and lost is only what the leader leaves out and the other tells after the leader's next.
/// What is said of a moment already told is a sign of life, and when it is something else, that is counted. Which series settles is each
/// market's own word (`Market.Settlement`), never a constant. Pure; not thread-safe.
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
    /// To be told now, in order of time; empty for a sign of life.
    public let news: [ReferenceTick]
    public let role: ReferenceRole
    /// Two sources say different things of the same moment of a settling series.
    public let isContested: Bool
  }

  private struct Told: Sendable {
    let tick: ReferenceTick
    let source: ReferenceSource
  }

  private struct Known: Sendable {
    var leader: ReferenceSource
    /// When the leader last said something of this series.
    var leaderHeardAt: MonotonicTime
    var time: MarketTime
    /// The newest values, oldest first, to compare what the other source says with.
    var recent: [Told] = []
    /// What the other source told ahead of the leader, oldest first.
    var ahead: [Told] = []

    mutating func tell(_ told: Told) {
      time = told.tick.observedAt
      recent.append(told)
      if recent.count > ReferenceFeed.kept { recent.removeFirst(ReferenceFeed.kept / 3) }
    }
  }

  /// Prices come once a second: so long without one, and the other source takes over.
  public static let patience = Duration.seconds(2)
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
    var state =
      known[key]
      ?? Known(leader: source, leaderHeardAt: now, time: tick.observedAt.advanced(by: .nanoseconds(-1)))
    defer { known[key] = state }
    let settles = settles(key)
    let differs = differs(tick, from: source, state)
    if differs, settles { contested += 1 }
    if source != state.leader, now.since(state.leaderHeardAt) >= ReferenceFeed.patience { state.leader = source }
    if source == state.leader { state.leaderHeardAt = now }
    let told = Told(tick: tick, source: source)
    var news: [Told] = []
    if tick.observedAt > state.time {
      if source == state.leader {
        news = state.ahead.filter { $0.tick.observedAt < tick.observedAt } + [told]
        state.ahead.removeAll { $0.tick.observedAt <= tick.observedAt }
      } else if state.ahead.last.map({ $0.tick.observedAt < tick.observedAt }) ?? true {
        if state.ahead.count == ReferenceFeed.kept { state.ahead.removeFirst() }
        state.ahead.append(told)
      }
    }
    for each in news { state.tell(each) }
    return Verdict(
      news: news.map(\.tick), role: news.isEmpty ? .liveness : settles ? .settlement : .hint,
      isContested: differs && settles)
  }

  /// Says the other source something else of this moment?
  private func differs(_ tick: ReferenceTick, from source: ReferenceSource, _ state: Known) -> Bool {
    let told = tick.observedAt <= state.time ? state.recent : state.ahead
    let other = told.last { $0.tick.observedAt == tick.observedAt && $0.source != source }
    return other.map { $0.tick.value != tick.value } ?? false
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
