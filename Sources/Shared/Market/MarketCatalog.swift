/// Which markets the feed follows, and which listings it asks for when. Pure: what was asked, answered and when is handed in.
///
/// Contracts of a series are known from the clock, so the next windows are looked up before they open. The venue needs minutes to make a
/// new market's tokens (requirement V-13), so a listing that is missing is asked for again, ever more slowly, until its window is over.
/// A market whose window is over is asked for until its result is known, then let go after a while.
public struct MarketCatalog: Sendable {
  public struct Policy: Hashable, Sendable {
    public var series: [MarketSeries]
    /// Coming windows of each series that are looked up before they open.
    public var windowsAhead: Int
    /// Markets outside any series.
    public var events: [MarketSlug]
    /// How many questions may be open at once.
    public var questionsInFlight = 4
    /// Between two looks at an event market's listing.
    public var eventRefresh = Duration.seconds(30)
    /// How long a resolved market is kept, so that its last message reaches everybody.
    public var lingering = Duration.seconds(5)

    public init(series: [MarketSeries], windowsAhead: Int, events: [MarketSlug] = []) {
      self.series = series
      self.windowsAhead = windowsAhead
      self.events = events
    }
  }

  public enum Change: Hashable, Sendable {
    /// Seen for the first time: subscribe its tokens.
    case follow(Market)
    /// A followed market's listing was read again.
    case updated(GammaMarket)
    /// Over, or never came into being: unsubscribe and forget.
    case drop(MarketSlug)
  }

  private struct Entry: Sendable {
    /// Asked for even after its window is over: it may hold money.
    var isOwed: Bool
    var market: Market?
    var isAsking = false
    /// Questions without a usable answer since the last success.
    var failures = 0
    var dueAt: MonotonicTime
    var isResolved = false
    var dropAt: MonotonicTime?
  }

  public let policy: Policy
  private var entries: [MarketSlug: Entry] = [:]
  /// Dropped as resolved or as never existing: not asked for again.
  private var finished: Set<MarketSlug> = []

  private static let firstRetry = Duration.milliseconds(250)
  private static let slowestRetry = Duration.seconds(30)

  public init(policy: Policy) { self.policy = policy }

  /// Markets that are followed now.
  public var followed: [Market] { entries.values.compactMap(\.market) }
  public func market(_ slug: MarketSlug) -> Market? { entries[slug]?.market }

  /// A market that the record knows and whose result it lacks: it is followed until the result is known, whatever its window.
  public mutating func owe(_ slug: MarketSlug, now: MonotonicTime) {
    guard !finished.contains(slug) else { return }
    entries[slug, default: Entry(isOwed: true, dueAt: now)].isOwed = true
  }

  /// The venue said something about this market: look at its listing now.
  public mutating func hint(_ slug: MarketSlug, now: MonotonicTime) {
    guard entries[slug]?.isResolved == false else { return }
    entries[slug]?.dueAt = now
  }

  /// What to ask now, most urgent first, and what to let go. Each question must be answered by `found`, `missing` or `failed`.
  public mutating func plan(
    market now: MarketTime, clock: MarketClock, monotonic: MonotonicTime
  ) -> (questions: [MarketSlug], changes: [Change]) {
    want(now, monotonic)
    var changes: [Change] = []
    for (slug, entry) in entries where isDone(slug, entry, now, monotonic) {
      entries[slug] = nil
      finished.insert(slug)
      changes.append(.drop(slug))
    }
    finished = finished.filter { isRecent($0, now) }
    var open = entries.values.count { $0.isAsking }
    let due = entries.filter { !$0.value.isAsking && !$0.value.isResolved && $0.value.dueAt <= monotonic }
    var questions: [MarketSlug] = []
    // Those that open soonest first; what is not known to open, by name.
    for (slug, entry) in due.sorted(by: { ($0.value.dueAt, $0.key) < ($1.value.dueAt, $1.key) }) {
      if open >= policy.questionsInFlight { break }
      if let market = entry.market, let wait = wait(for: market, now, clock) {
        entries[slug]?.dueAt = monotonic.advanced(by: wait)
        continue
      }
      entries[slug]?.isAsking = true
      questions.append(slug)
      open += 1
    }
    return (questions, changes)
  }

  /// An answer with a usable listing.
  public mutating func found(
    _ listing: GammaMarket, market now: MarketTime, clock: MarketClock, monotonic: MonotonicTime
  ) -> [Change] {
    let slug = listing.slug
    guard var entry = entries[slug] else { return [] }
    entry.isAsking = false
    entry.failures = 0
    var changes: [Change] = []
    if entry.market == nil {
      // A leftover listing without a book will never trade; one that is over and not owed neither.
      guard listing.hasOrderBook || entry.isOwed else {
        entries[slug] = entry
        return missing(slug, market: now, clock: clock, monotonic: monotonic)
      }
      let market = Market(listing)
      entry.market = market
      changes.append(.follow(market))
    }
    changes.append(.updated(listing))
    if listing.resolvedPayout != nil {
      entry.isResolved = true
      entry.dropAt = monotonic.advanced(by: policy.lingering)
    }
    entry.dueAt = monotonic.advanced(by: pollInterval(entry, now, clock))
    entries[slug] = entry
    return changes
  }

  /// The venue does not know it, or not fully yet.
  public mutating func missing(
    _ slug: MarketSlug, market now: MarketTime, clock: MarketClock, monotonic: MonotonicTime
  ) -> [Change] {
    failed(slug, market: now, clock: clock, monotonic: monotonic)
    return []
  }

  /// The question could not be asked or its answer not be read.
  public mutating func failed(
    _ slug: MarketSlug, market now: MarketTime, clock: MarketClock, monotonic: MonotonicTime
  ) {
    guard var entry = entries[slug] else { return }
    entry.isAsking = false
    entry.failures += 1
    var delay = MarketCatalog.firstRetry * (1 << min(entry.failures - 1, 10))
    delay = min(delay, MarketCatalog.slowestRetry)
    if let (series, start) = MarketSeries.contract(slug) {
      // However slow the retries have become, a short window gets several of them.
      let remaining = MarketTime(seconds: start + series.length.seconds).since(now)
      if remaining > .zero {
        delay = min(delay, max(clock.wallDuration(ofMarket: remaining) / 8, MarketCatalog.firstRetry))
      }
    }
    entry.dueAt = monotonic.advanced(by: delay)
    entries[slug] = entry
  }

  // MARK: Pieces

  private mutating func want(_ now: MarketTime, _ monotonic: MonotonicTime) {
    for series in policy.series {
      let current = series.windowStart(containing: now)
      for window in 0...Int64(policy.windowsAhead) {
        guard let slug = series.slug(startingAt: current + window * series.length.seconds) else { continue }
        want(slug, monotonic)
      }
    }
    for slug in policy.events { want(slug, monotonic) }
  }

  private mutating func want(_ slug: MarketSlug, _ monotonic: MonotonicTime) {
    if entries[slug] == nil, !finished.contains(slug) { entries[slug] = Entry(isOwed: false, dueAt: monotonic) }
  }

  private func isDone(_ slug: MarketSlug, _ entry: Entry, _ now: MarketTime, _ monotonic: MonotonicTime) -> Bool {
    if entry.isAsking { return false }
    if let dropAt = entry.dropAt { return dropAt <= monotonic }
    if entry.market != nil || entry.isOwed { return false }
    // Never found, and its window is over.
    guard let (series, start) = MarketSeries.contract(slug) else { return false }
    return now >= MarketTime(seconds: start + series.length.seconds)
  }

  /// Finished contracts are remembered for as long as `want` could name them again.
  private func isRecent(_ slug: MarketSlug, _ now: MarketTime) -> Bool {
    guard let (series, start) = MarketSeries.contract(slug) else { return true }
    return MarketTime(seconds: start + 2 * series.length.seconds) > now
  }

  /// How long a followed market needs no look at its listing; `nil` when now.
  private func wait(for market: Market, _ now: MarketTime, _ clock: MarketClock) -> Duration? {
    guard market.series != nil, let end = market.endsAt, now < end else { return nil }
    return clock.wallDuration(ofMarket: end.since(now))
  }

  private func pollInterval(_ entry: Entry, _ now: MarketTime, _ clock: MarketClock) -> Duration {
    guard let market = entry.market else { return MarketCatalog.firstRetry }
    if market.series == nil { return policy.eventRefresh }
    if let wait = wait(for: market, now, clock) { return wait }
    // Over, result due: every 5 s of the market's time, ever more slowly when it takes long (disputes last for days).
    let overdue = market.endsAt.map { clock.wallDuration(ofMarket: now.since($0)) } ?? .zero
    let soon = max(clock.wallDuration(ofMarket: .seconds(5)), .milliseconds(200))
    return min(max(soon, overdue / 10), .seconds(300))
  }
}
