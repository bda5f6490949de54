import Shared

/// The feed without its sockets: frames, answers and time go in, messages, questions and rows come out. One total order over all that is
/// published. Nothing is published more than once a turn and market, so when the feed is behind, updates fold into the newest.
struct FeedCore {
  let settings: FeedSettings
  let source: String
  let boot: String
  /// How wall time maps to market time; nothing is followed before it is known.
  var clock: MarketClock?
  var catalog: MarketCatalog
  var followers: [MarketSlug: Follower] = [:]
  var slugOfToken: [TokenID: MarketSlug] = [:]
  var slugOfCondition: [ConditionID: MarketSlug] = [:]

  var sequences = SequenceCounter()
  var order: Int64 = 0
  /// Markets with something new to publish, in the order in which it came.
  var dirty: [MarketSlug] = []
  var effects: [FeedEffect] = []

  var references: [ReferenceKey: ReferencePrice] = [:]
  var referenceFeed = ReferenceFeed()
  /// Kinds of events that we do not know, of all streams.
  var strangers: Set<String> = []
  var circuit = DataCircuit()
  var sockets: SocketTable
  var decoder = MarketFrameDecoder()
  /// The venue's check sum of a book; without it none is checked.
  var bookHash: ((JSON) -> String?)?
  var witnessed = RecentCount()
  var rotation: (last: TokenID?, at: MonotonicTime)?
  var lastTicksAt: MonotonicTime?
  var lastClockAskedAt: MonotonicTime?
  var refusedListings: [MarketSlug: String] = [:]

  /// Frames and answers handled since the start: what the control socket reports as progress.
  var handled: UInt64 = 0
  var counters = Counters()

  struct Counters: Hashable, Sendable {
    var frames = 0
    var events = 0
    var malformed = 0
    var unknown = 0
    var published = 0
    var folded = 0
    var resubscriptions = 0
    var witnesses = 0
    /// Messages that a socket repeated, or its twin had brought before.
    var repeated = 0
    var reconnections = 0
    var settlementTicks = 0
    var hintTicks = 0
    var polyboltMissed = 0
    var hashesChecked = 0
    var hashesWrong = 0
  }

  struct ReferenceKey: Hashable, Sendable {
    let symbol: String
    let kind: ReferenceKind
  }

  struct Follower: Sendable {
    var keeper: BookKeeper
    let descriptor: [UInt8]
    var isDirty = false
    /// As last published.
    var state: MarketState?
    var reason: String?
    /// The key `market:<slug>` is behind the channel.
    var isKeyDue = false
    var keyStoredAt: MonotonicTime?
    /// As last recorded.
    var rowState: String?
    var rowTick: PriceTick?
    var lastMessage: MarketUpdate?
    /// When each outcome's check sum was last looked at.
    var hashedAt: [MonotonicTime?] = [nil, nil]
  }

  /// A key that agents pull after a gap may be this much behind the channel.
  static let keyInterval = Duration.milliseconds(100)
  static let tickInterval = Duration.seconds(1)
  static let clockInterval = Duration.seconds(5)
  /// How far ahead of our clock the venue's stamps may be before the clock is asked.
  static let clockDoubt = Duration.seconds(2)
  static let resolvedKeyLifetime = Duration.seconds(3600)

  init(settings: FeedSettings, source: String, boot: String) {
    self.settings = settings
    self.source = source
    self.boot = boot
    catalog = MarketCatalog(
      policy: MarketCatalog.Policy(
        series: settings.series, windowsAhead: settings.windowsAhead, events: settings.events))
    sockets = SocketTable(assetsMax: settings.assetsMax, twins: settings.twins)
  }

  mutating func takeEffects() -> [FeedEffect] {
    defer { effects = [] }
    return effects
  }

  // MARK: The clock

  /// The market's clock was read, for the first time or again.
  mutating func clockRead(_ newClock: MarketClock, at now: Instant) {
    guard newClock != clock else { return }
    clock = newClock
    effects.append(.note(.clock(newClock)))
    effects.append(.mark(.clock(newClock)))
    publishClock(at: now)
    let policy = self.policy
    for slug in followers.keys.sorted() {
      followers[slug]?.keeper.policy = policy
      markDirty(slug)
    }
  }

  /// In lockstep: the market stands at another time. What is due by it waits for the next tick.
  mutating func clockMoved(to market: MarketTime, at now: Instant) {
    let standing = MarketClock.standing(at: market, since: now.wall)
    guard clock?.rateMilli == 0 else { return clockRead(standing, at: now) }
    clock = standing
  }

  /// The record lacks the result of this market.
  mutating func owe(_ slug: MarketSlug, at now: Instant) { catalog.owe(slug, now: now.monotonic) }

  /// Silence is measured in market time, but never in less than `shortestSilence` of the wall.
  var policy: BookKeeper.Policy {
    let rate = clock?.rateMilli ?? 1000
    return BookKeeper.Policy(
      staleAfter: settings.staleAfter, shortest: settings.shortestSilence * Int(rate) / 1000)
  }

  // MARK: Answers

  /// The discovery service's answer: a listing, or why there is none that can be used.
  mutating func listing(_ slug: MarketSlug, _ answer: ListingAnswer, at now: Instant) {
    handled &+= 1
    guard let clock else { return }
    let market = clock.market(at: now.wall)
    switch answer {
    case .found(let listing):
      guard listing.slug == slug else {
        catalog.failed(slug, market: market, clock: clock, monotonic: now.monotonic)
        return
      }
      refusedListings[slug] = nil
      let changes = catalog.found(listing, market: market, clock: clock, monotonic: now.monotonic)
      for change in changes { take(change, at: now, market: market) }
    case .missing: _ = catalog.missing(slug, market: market, clock: clock, monotonic: now.monotonic)
    case .unusable(let why):
      refusedListings[slug] = why
      catalog.failed(slug, market: market, clock: clock, monotonic: now.monotonic)
    case .failed: catalog.failed(slug, market: market, clock: clock, monotonic: now.monotonic)
    }
  }

  // MARK: Time

  /// To be called many times a second: looks for what is due.
  mutating func tick(at now: Instant) {
    askClock(at: now, notBefore: FeedCore.clockInterval)
    guard let clock else { return }
    let market = clock.market(at: now.wall)
    let plan = catalog.plan(market: market, clock: clock, monotonic: now.monotonic)
    for change in plan.changes { take(change, at: now, market: market) }
    for slug in plan.questions { effects.append(.lookUp(slug)) }
    for slug in followers.keys.sorted() {
      guard let follower = followers[slug] else { continue }
      let (state, reason) = follower.keeper.state(at: market)
      // The reason alone (an age that grows) is no news.
      if state != follower.state || (reason == nil) != (follower.reason == nil) { markDirty(slug) }
      guard let shard = sockets.shard(of: follower.keeper.market.yesToken), sockets[shard].openCount > 0 else {
        continue
      }
      let demands = followers[slug]?.keeper.demands(at: market, streamTime: sockets[shard].newest) ?? []
      for demand in demands { take(demand, of: slug, at: now) }
    }
    watchSockets(at: now, market: market)
    watchReferences(at: now)
    rotateWitness(at: now, market: market)
    recordTicks(at: now, market: market)
  }

  mutating func askClock(at now: Instant, notBefore interval: Duration) {
    if let lastClockAskedAt, now.monotonic.since(lastClockAskedAt) < interval { return }
    lastClockAskedAt = now.monotonic
    effects.append(.readClock)
  }

  // MARK: Following

  private mutating func take(_ change: MarketCatalog.Change, at now: Instant, market: MarketTime) {
    switch change {
    case .follow(let followed):
      followers[followed.slug] = Follower(
        keeper: BookKeeper(followed, policy: policy, now: market), descriptor: followed.members)
      slugOfCondition[followed.condition] = followed.slug
      for outcome in Outcome.allCases { slugOfToken[followed.token(of: outcome)] = followed.slug }
      effects.append(.note(.following(followed.slug)))
      effects.append(
        .mark(
          .following(
            followed.slug, condition: followed.condition, yes: followed.yesToken, no: followed.noToken,
            ends: followed.series == nil ? followed.endsAt : nil)))
      if let rule = followed.settlement { referenceFeed.follow(rule) }
      let tokens = [followed.yesToken, followed.noToken]
      let (shard, isNew) = sockets.add(tokens)
      if isNew { effects.append(.open(shard: shard)) }
      effects.append(.subscribe(tokens, shard: shard))
      storeKnownMarkets()
      markDirty(followed.slug)
    case .updated(let listing):
      if followers[listing.slug]?.keeper.listing(listing) == true { markDirty(listing.slug) }
    case .drop(let slug):
      guard let follower = followers.removeValue(forKey: slug) else { return }
      let dropped = follower.keeper.market
      slugOfCondition[dropped.condition] = nil
      for outcome in Outcome.allCases { slugOfToken[dropped.token(of: outcome)] = nil }
      sequences.forget(Names.marketUpdates(slug))
      dirty.removeAll { $0 == slug }
      if let rule = dropped.settlement { referenceFeed.unfollow(rule) }
      let tokens = [dropped.yesToken, dropped.noToken]
      if let shard = sockets.remove(tokens) { effects.append(.unsubscribe(tokens, shard: shard)) }
      effects.append(.note(.dropped(slug)))
      effects.append(.mark(.dropped(slug)))
      storeKnownMarkets()
    }
  }

  mutating func markDirty(_ slug: MarketSlug) {
    guard followers[slug] != nil else { return }
    if followers[slug]?.isDirty == true {
      counters.folded += 1
      return
    }
    followers[slug]?.isDirty = true
    dirty.append(slug)
  }
}

/// What came back from the discovery service.
enum ListingAnswer: Hashable, Sendable {
  case found(GammaMarket)
  /// The venue does not know the slug, or its tokens do not exist yet.
  case missing
  /// A listing that cannot be used, and why.
  case unusable(String)
  /// No answer, or not one of ours.
  case failed
}
