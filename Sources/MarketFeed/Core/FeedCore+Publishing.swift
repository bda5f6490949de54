import Shared

extension FeedCore {
  /// Publishes what has changed since the last flush, one message a market. To be called at the end of each turn of the loop.
  mutating func flush(at now: Instant) {
    guard let clock else { return }
    let market = clock.market(at: now.wall)
    for slug in dirty { publish(slug, at: now, market: market) }
    dirty.removeAll(keepingCapacity: true)
    for slug in followers.keys where followers[slug]?.isKeyDue == true {
      guard let follower = followers[slug], let message = follower.lastMessage else { continue }
      let age = follower.keyStoredAt.map { now.monotonic.since($0) } ?? FeedCore.keyInterval
      if age >= FeedCore.keyInterval { storeKeys(slug, message, at: now, market: market) }
    }
  }

  private mutating func publish(_ slug: MarketSlug, at now: Instant, market: MarketTime) {
    guard var follower = followers[slug] else { return }
    follower.isDirty = false
    let keeper = follower.keeper
    let (state, reason) = keeper.state(at: market)
    let changedState = state != follower.state
    if changedState { effects.append(.note(.state(slug, state, reason: reason))) }
    follower.state = state
    follower.reason = reason
    order += 1
    let channel = Names.marketUpdates(slug)
    let description = keeper.market
    let message = MarketUpdate(
      envelope: Envelope(
        source: source, boot: boot, sequence: sequences.next(channel), time: keeper.dataTime ?? market, sent: now.wall),
      order: order, slug: slug, series: description.series, state: state, reason: reason, bookEpoch: keeper.bookEpoch,
      tick: description.tick, minimumSize: description.minimumSize, fee: description.fee,
      startsAt: description.startsAt, endsAt: description.endsAt, settlement: description.settlement,
      yes: keeper.top(.yes), no: keeper.top(.no),
      last: keeper.last, flow: keeper.flow, payout: keeper.payout)
    effects.append(.mark(.published(slug, boot: boot, order: order, state: state)))
    effects.append(.publish(channel: channel, payload: message.bytes))
    counters.published += 1
    follower.lastMessage = message
    follower.isKeyDue = true
    followers[slug] = follower
    // Whoever reads the key because of a state must find that state.
    if changedState { storeKeys(slug, message, at: now, market: market) }
    recordMarketIfNews(slug, state)
  }

  private mutating func storeKeys(_ slug: MarketSlug, _ message: MarketUpdate, at now: Instant, market: MarketTime) {
    guard let follower = followers[slug] else { return }
    var value: [UInt8] = []
    value.reserveCapacity(1536)
    message.write(to: &value, descriptor: follower.descriptor)
    let lifetime = message.state == .resolved ? FeedCore.resolvedKeyLifetime : nil
    effects.append(.store(key: Names.market(slug), value: value, lifetime: lifetime))
    if let series = message.series, let start = message.startsAt, let end = message.endsAt, start <= market,
      market < end
    {
      effects.append(.store(key: Names.market(openIn: series), value: value, lifetime: nil))
    }
    followers[slug]?.isKeyDue = false
    followers[slug]?.keyStoredAt = now.monotonic
  }

  /// The bus was away and has come back, perhaps empty: everything that stands in keys is written again.
  mutating func busConnected(at now: Instant) {
    publishClock(at: now)
    storeCircuit()
    storeKnownMarkets()
    for price in references.values.sorted(by: { $0.order < $1.order }) { storeReference(price) }
    guard let clock else { return }
    for slug in followers.keys.sorted() {
      markDirty(slug)
      if let message = followers[slug]?.lastMessage {
        storeKeys(slug, message, at: now, market: clock.market(at: now.wall))
      }
    }
  }

  /// What the feed's heartbeat counts: whole numbers by name (docs/operations.md says what they tell).
  var report: JSON {
    [
      "markets": .int(followers.count), "live": .int(followers.values.count { $0.state == .live }),
      "shards": .int(sockets.shards.count), "sockets_open": .int(sockets.shards.reduce(0) { $0 + $1.openCount }),
      "frames": .int(counters.frames), "repeated": .int(counters.repeated), "malformed": .int(counters.malformed),
      "unknown": .int(counters.unknown), "published": .int(counters.published),
      "resubscriptions": .int(counters.resubscriptions), "reconnections": .int(counters.reconnections),
      "witnesses": .int(counters.witnesses), "hashes_checked": .int(counters.hashesChecked),
      "hashes_wrong": .int(counters.hashesWrong), "settlement_ticks": .int(counters.settlementTicks),
      "hint_ticks": .int(counters.hintTicks), "polybolt_missed": .int(counters.polyboltMissed),
      "settlement_contested": .int(referenceFeed.contested),
    ]
  }

  // MARK: Clock, circuit, list

  /// One that stands is nobody's on the bus.
  mutating func publishClock(at now: Instant) {
    guard let clock, clock.rateMilli > 0 else { return }
    let envelope = Envelope(
      source: source, boot: boot, sequence: sequences.next(Names.clock), time: clock.market(at: now.wall),
      sent: now.wall)
    let bytes = ClockMessage(envelope: envelope, clock: clock).bytes
    effects.append(.store(key: Names.clock, value: bytes, lifetime: nil))
    effects.append(.publish(channel: Names.clock, payload: bytes))
  }

  mutating func storeCircuit() {
    effects.append(.store(key: Names.dataCircuit, value: Array(circuit.word.utf8), lifetime: nil))
  }

  mutating func storeKnownMarkets() {
    let slugs = followers.values.map(\.keeper.market).sorted {
      ($0.endsAt?.nanoseconds ?? .max, $0.slug) < ($1.endsAt?.nanoseconds ?? .max, $1.slug)
    }
    let list = JSON.array(slugs.map { .string($0.slug.text) })
    effects.append(.store(key: Names.knownMarkets, value: list.bytes, lifetime: nil))
  }

  // MARK: Reference prices

  static let referenceSilence = Duration.seconds(30)

  mutating func reference(_ frame: StreamFrame<ReferenceTick>, at now: Instant) {
    counters.malformed += frame.malformed
    meet(frame.strangers)
    reference(frame.events, from: .rtds, at: now)
  }

  /// What one source tells. Only news goes out: a dump after a reconnection, or the other source, repeats what was said.
  mutating func reference(_ ticks: [ReferenceTick], from source: ReferenceSource, at now: Instant) {
    handled &+= 1
    counters.frames += 1
    for tick in ticks {
      guard let key = ReferenceKey(tick), isWanted(key.symbol) else { continue }
      let verdict = referenceFeed.take(tick, from: source, at: now.monotonic)
      if verdict.isContested { effects.append(.note(.contested(symbol: key.symbol, tick.observedAt))) }
      switch verdict.role {
      case .settlement: counters.settlementTicks += verdict.news.count
      case .hint: counters.hintTicks += verdict.news.count
      case .liveness: break
      }
      for news in verdict.news { publish(news, key, at: now) }
    }
  }

  private mutating func publish(_ tick: ReferenceTick, _ key: ReferenceKey, at now: Instant) {
    order += 1
    let channel = Names.referencePrices(key.symbol)
    let price = ReferencePrice(
      envelope: Envelope(
        source: source, boot: boot, sequence: sequences.next(channel), time: tick.observedAt, sent: now.wall),
      order: order, symbol: key.symbol, kind: key.kind, value: tick.value)
    references[key] = price
    counters.published += 1
    effects.append(.publish(channel: channel, payload: price.bytes))
    storeReference(price)
  }

  /// From here on it should speak.
  mutating func opened(_ source: ReferenceSource, at now: Instant) { referenceFeed.hear(source, at: now.monotonic) }

  mutating func polybolt(_ trouble: PolyBoltFrame.Trouble) {
    switch trouble {
    case .missed(let count):
      counters.polyboltMissed = Int(clamping: min(Int64(counters.polyboltMissed) &+ count, 1 << 53))
    case .stranger(let kind): meet([kind])
    case .malformed: counters.malformed += 1
    case .refused(let what): effects.append(.note(.subscriptionRefused(what)))
    }
  }

  /// Prices come about once a second; a socket that says nothing for half a minute has stalled (protocol document, section 5.1).
  mutating func watchReferences(at now: Instant) {
    for source in settings.sources {
      guard let silence = referenceFeed.silence(of: source, at: now.monotonic), silence >= FeedCore.referenceSilence
      else { continue }
      referenceFeed.hear(source, at: now.monotonic)
      effects.append(.note(.referenceSilent(source)))
      effects.append(.reconnectReference(source))
    }
  }

  private mutating func storeReference(_ price: ReferencePrice) {
    effects.append(
      .store(key: Names.lastReference(price.symbol, kind: price.kind), value: price.bytes, lifetime: nil))
  }

  private func isWanted(_ symbol: String) -> Bool { settings.series.contains { $0.symbol == symbol } }

  // MARK: The record

  private mutating func recordMarketIfNews(_ slug: MarketSlug, _ state: MarketState) {
    guard let follower = followers[slug] else { return }
    let market = follower.keeper.market
    // RESOLVED is written by the settlement itself, in one transaction with the money.
    let word: String
    switch state {
    case .live, .stale: word = "OPEN"
    case .closed, .resolved: word = "CLOSED"
    case .pending: word = follower.rowState == "OPEN" ? "OPEN" : "UPCOMING"
    }
    guard word != follower.rowState || market.tick != follower.rowTick else { return }
    followers[slug]?.rowState = word
    followers[slug]?.rowTick = market.tick
    effects.append(.recordMarket(slug, market.row(state: word)))
  }

  mutating func recordTicks(at now: Instant, market: MarketTime) {
    if let lastTicksAt, now.monotonic.since(lastTicksAt) < FeedCore.tickInterval { return }
    lastTicksAt = now.monotonic
    var rows: [JSON] = []
    for slug in followers.keys.sorted() {
      guard let follower = followers[slug], follower.state == .live, let message = follower.lastMessage else {
        continue
      }
      for outcome in Outcome.allCases {
        let top = message.top(outcome)
        let last = message.last.flatMap { $0.outcome == outcome ? $0.price : nil }
        rows.append([
          "market_ns": .int(market.nanoseconds), "slug": .string(slug.text),
          "token": .string(follower.keeper.market.token(of: outcome).text),
          "bid": .optional(top.bestBid.map { .text($0.price) }),
          "bid_size": .optional(top.bestBid.map { .text($0.size) }),
          "ask": .optional(top.bestAsk.map { .text($0.price) }),
          "ask_size": .optional(top.bestAsk.map { .text($0.size) }),
          "last": .optional(last.map { .text($0) }), "feed_order": .int(message.order),
        ])
      }
    }
    if !rows.isEmpty { effects.append(.recordTicks(rows)) }
  }
}

extension FeedCore.ReferenceKey {
  /// `nil` for series that the floor has no name for.
  init?(_ tick: ReferenceTick) {
    guard let kind = tick.kind else { return nil }
    self.kind = kind
    symbol = tick.plainSymbol
  }
}

extension Market {
  /// The argument of `upsert_market`.
  func row(state: String) -> JSON {
    [
      "slug": .string(slug.text), "condition_id": .string(condition.text), "series": .string(series?.alias ?? ""),
      "category": .string(groups.category), "event_group": .string(groups.event),
      "question": .string(question), "starts_ns": .optional(startsAt.map { .int($0.nanoseconds) }),
      "ends_ns": .optional(endsAt.map { .int($0.nanoseconds) }), "tick": .text(tick), "min_size": .text(minimumSize),
      "fee_rate": .string(Decimal6.text(fee.rateMicros)), "fee_exponent": .int(fee.exponent),
      "neg_risk": .bool(negRisk),
      "state": .string(state), "token_yes": .string(yesToken.text), "token_no": .string(noToken.text),
    ]
  }
}
