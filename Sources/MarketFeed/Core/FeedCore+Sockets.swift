import Shared

/// The market sockets: what they say, how they do, and what is done when they say nothing.
extension FeedCore {
  /// How long a socket may say nothing while its twin has news.
  static let stallLimit = Duration.milliseconds(1500)
  /// A token whose book moved without a word is one token's trouble while the socket has had other data within this time.
  static let stallDoubt = Duration.seconds(3)
  static let malformedMax = 50
  /// Between two looks at the book of the next token in turn.
  static let rotationInterval = Duration.seconds(1)
  /// Books asked for over REST in a second, of all kinds together (the venue allows 150; protocol document, section 2.16).
  static let witnessesMax = 20
  static let hashInterval = Duration.seconds(1)

  // MARK: Opening and closing

  mutating func socketOpened(_ id: MarketSocketID, at now: Instant) {
    let isFirst = !sockets.isAnyOpen
    sockets.opened(id, at: now.monotonic)
    guard isFirst else { return }
    effects.append(.mark(.opened))
    circuit.opened()
    storeCircuit()
  }

  /// What its twin has snapshots of goes on; the rest does not hold until its next snapshot.
  mutating func socketClosed(_ id: MarketSocketID, at now: Instant) {
    guard sockets[id].isOpen else { return }
    let orphans = Set(sockets.closed(id))
    if !sockets.isAnyOpen {
      circuit.closed()
      storeCircuit()
    }
    guard let clock else { return }
    let market = clock.market(at: now.wall)
    if !sockets.isAnyOpen { effects.append(.mark(.lost)) }
    for slug in followers.keys.sorted() {
      guard let description = followers[slug]?.keeper.market else { continue }
      let lost = [description.yesToken, description.noToken].filter(orphans.contains)
      if lost.isEmpty { continue }
      if lost.count == 2 {
        followers[slug]?.keeper.connectionLost(at: market)
      } else {
        followers[slug]?.keeper.void(lost[0], .unsynced, at: market)
      }
      if sockets.isAnyOpen { for token in lost { effects.append(.mark(.voided(token, of: description.condition))) } }
      markDirty(slug)
    }
  }

  // MARK: Hearing

  /// A raw message of a market socket. Answers whether it was taken in: what its twin has said already is not.
  mutating func hear(_ text: [UInt8], from id: MarketSocketID, at now: Instant) -> Bool {
    let fingerprint = RecentFrames.fingerprint(text)
    if let snapshots = sockets[id.shard].known.snapshots(fingerprint, from: id.twin) {
      handled &+= 1
      counters.repeated += 1
      sockets.heard(id, at: now.monotonic, isNews: false, snapshots: snapshots)
      return false
    }
    let decoded = checked(decoder.decode(text), text, at: now)
    let snapshots = frame(decoded, from: id, at: now)
    if clock != nil, !decoded.events.isEmpty, decoded.malformed == 0 {
      var markets: [ConditionID] = []
      for event in decoded.events where !markets.contains(event.condition) { markets.append(event.condition) }
      sockets[id.shard].known.add(fingerprint, from: id.twin, snapshots: snapshots, markets: markets)
    }
    return true
  }

  /// Takes in what a message said. Answers the tokens whose whole books it held.
  @discardableResult
  mutating func frame(
    _ frame: StreamFrame<MarketStreamEvent>, from id: MarketSocketID = MarketSocketID(shard: 0, twin: 0),
    at now: Instant
  ) -> [TokenID] {
    handled &+= 1
    counters.frames += 1
    meet(frame.strangers)
    counters.malformed += frame.malformed
    if frame.malformed > 0 { sockets[id].malformed.add(frame.malformed, at: now.monotonic) }
    guard let clock, !frame.events.isEmpty else { return [] }
    let market = clock.market(at: now.wall)
    var snapshots: [TokenID] = []
    var isData = false
    var isNews = false
    for event in frame.events {
      counters.events += 1
      // What came while there was no book changed none: when the twin brings it after this one, it must not count as known.
      if case .book(let book) = event, lacksBook(book.token) { sockets[id.shard].known.forget(book.market) }
      guard let changed = apply(event, at: now, market: market) else { continue }
      isData = true
      isNews = isNews || changed
      sockets[id.shard].newest = max(sockets[id.shard].newest ?? event.time, event.time)
      if case .book(let book) = event { snapshots.append(book.token) }
    }
    guard isData else { return [] }
    sockets.heard(id, at: now.monotonic, isNews: isNews, snapshots: snapshots)
    if circuit.dataCame() { storeCircuit() }
    return snapshots
  }

  /// The venue speaks a word that we do not know: counted, and told once. One that invents a word for each message is told often enough.
  mutating func meet(_ strangers: [String]) {
    counters.unknown += strangers.count
    for word in strangers where self.strangers.count < 20 && self.strangers.insert(word).inserted {
      effects.append(.note(.stranger(word)))
    }
  }

  private func lacksBook(_ token: TokenID) -> Bool {
    guard let keeper = slugOfToken[token].flatMap({ followers[$0]?.keeper }),
      let outcome = keeper.market.outcome(of: token)
    else { return false }
    return !keeper.book(outcome).isComplete
  }

  /// Answers whether it changed anything; `nil` when it is of no followed market.
  private mutating func apply(_ event: MarketStreamEvent, at now: Instant, market: MarketTime) -> Bool? {
    switch event {
    case .resolved(let resolved):
      if let slug = slugOfCondition[resolved.market] { catalog.hint(slug, now: now.monotonic) }
      return nil
    case .newMarket(let listed):
      catalog.hint(listed.slug, now: now.monotonic)
      return nil
    default: break
    }
    guard let slug = slugOfCondition[event.condition] else { return nil }
    // Data from the future: the venue's clock has jumped (a replay that cuts gaps does that).
    if event.time.since(market) > FeedCore.clockDoubt { askClock(at: now, notBefore: .milliseconds(100)) }
    guard followers[slug]?.keeper.apply(event, at: market) == true else { return false }
    markDirty(slug)
    return true
  }

  // MARK: Check sums

  /// Leaves out the books that do not match the check sum the venue gave them: their tokens are void. Looked at is the first book of each
  /// epoch, and of the later ones at most one a second and token.
  private mutating func checked(
    _ frame: StreamFrame<MarketStreamEvent>, _ text: [UInt8], at now: Instant
  ) -> StreamFrame<MarketStreamEvent> {
    guard let bookHash, let clock else { return frame }
    var wanted: Set<TokenID> = []
    for event in frame.events {
      guard case .book(let book) = event, let slug = slugOfToken[book.token], let follower = followers[slug],
        let outcome = follower.keeper.market.outcome(of: book.token)
      else { continue }
      let isFirst = !follower.keeper.book(outcome).isComplete
      let age = follower.hashedAt[outcome.index].map { now.monotonic.since($0) }
      guard isFirst || age.map({ $0 >= FeedCore.hashInterval }) ?? true else { continue }
      followers[slug]?.hashedAt[outcome.index] = now.monotonic
      wanted.insert(book.token)
    }
    guard !wanted.isEmpty else { return frame }
    var wrong: Set<TokenID> = []
    var items: [JSON] = []
    do throws(JSONError) {
      let json = try JSON.parse(text, limits: JSONLimits(bytes: 16 << 20))
      items = json.array ?? [json]
    } catch {
      // Read by one reader and not by the other: what cannot be checked does not hold.
      wrong = wanted
    }
    for item in items where item["event_type"]?.string == "book" {
      guard let token = item["asset_id"]?.string.flatMap(TokenID.init), wanted.contains(token),
        let given = item["hash"]?.string, !given.isEmpty, let slug = slugOfToken[token],
        let description = followers[slug]?.keeper.market
      else { continue }
      // The stream leaves out what does not change; without tick and last price there is nothing to compute from.
      var whole = item
      if item["min_order_size"] == nil { whole = whole.with("min_order_size", .text(description.minimumSize)) }
      if item["neg_risk"] == nil { whole = whole.with("neg_risk", .bool(description.negRisk)) }
      guard let ours = bookHash(whole) else { continue }
      counters.hashesChecked += 1
      if ours != given.lowercased() { wrong.insert(token) }
    }
    if wrong.isEmpty { return frame }
    var rest = frame
    rest.events.removeAll { event in
      guard case .book(let book) = event else { return false }
      return wrong.contains(book.token)
    }
    for token in wrong.sorted() {
      counters.hashesWrong += 1
      effects.append(.note(.badHash(token)))
      guard let slug = slugOfToken[token],
        followers[slug]?.keeper.void(token, .hash, at: clock.market(at: now.wall)) == true
      else { continue }
      take(.resubscribe(token, reason: .hash), of: slug, at: now)
    }
    return rest
  }

  // MARK: Witnesses

  mutating func witness(_ token: TokenID, _ book: VenueBook?, at now: Instant) {
    handled &+= 1
    guard let clock, let slug = slugOfToken[token] else { return }
    guard let book else {
      followers[slug]?.keeper.witnessFailed(token)
      return
    }
    counters.witnesses += 1
    guard let answer = followers[slug]?.keeper.witness(book, at: clock.market(at: now.wall)) else { return }
    if answer.agrees { effects.append(.mark(.witness(book))) }
    if answer.changed { markDirty(slug) }
  }

  /// Looks at one open market's token after the other, whether it is silent or not: what was lost deep in a book shows nowhere else.
  mutating func rotateWitness(at now: Instant, market: MarketTime) {
    if let rotation, now.monotonic.since(rotation.at) < FeedCore.rotationInterval { return }
    let tokens = followers.values.filter { $0.keeper.isOpen(at: market) && $0.state == .live }
      .flatMap { [$0.keeper.market.yesToken, $0.keeper.market.noToken] }.sorted()
    let last = rotation?.last
    guard let next = tokens.first(where: { token in last.map { token > $0 } ?? true }) ?? tokens.first else { return }
    rotation = (next, now.monotonic)
    ask(next, at: now)
  }

  private mutating func ask(_ token: TokenID, at now: Instant) {
    guard witnessed.count(within: .seconds(1), at: now.monotonic) < FeedCore.witnessesMax else {
      // Its turn comes again.
      if let slug = slugOfToken[token] { followers[slug]?.keeper.witnessFailed(token) }
      return
    }
    witnessed.add(1, at: now.monotonic)
    effects.append(.fetchBook(token))
  }

  // MARK: Demands and silence

  mutating func take(_ demand: BookKeeper.Demand, of slug: MarketSlug, at now: Instant) {
    switch demand {
    case .witness(let token): ask(token, at: now)
    case .resubscribe(let token, let reason):
      guard let shard = sockets.shard(of: token), let condition = followers[slug]?.keeper.market.condition else {
        return
      }
      counters.resubscriptions += 1
      sockets.forget(token, of: condition)
      effects.append(.mark(.voided(token, of: condition)))
      effects.append(.note(.resubscribed(token, reason: reason.rawValue)))
      markDirty(slug)
      let silence = sockets[shard].lastDataAt.map { now.monotonic.since($0) } ?? .zero
      if reason == .silent, silence >= FeedCore.stallDoubt {
        beginAnew(shard, silence: silence, at: now)
      } else {
        effects.append(.resubscribe([token], shard: shard))
      }
    case .reconnect(let token):
      guard let shard = sockets.shard(of: token) else { return }
      rescue(token, shard, at: now)
    }
  }

  /// One socket of the shard is begun anew, the other goes on; at most one in a minute, and none that is alone: what flows over it is worth
  /// more than one token.
  private mutating func rescue(_ token: TokenID, _ shard: Int, at now: Instant) {
    let open = sockets.open(shard)
    let isRecent = sockets[shard].rescuedAt.map { now.monotonic.since($0) < SocketTable.longestSilence } ?? false
    guard open.count > 1, !isRecent, let id = open.first(where: { $0.twin >= sockets[shard].nextRescue }) ?? open.first
    else {
      effects.append(.resubscribe([token], shard: shard))
      return
    }
    sockets[shard].rescuedAt = now.monotonic
    sockets[shard].nextRescue = (id.twin + 1) % sockets.twins
    reconnect(id, "a token's book does not come", at: now)
  }

  mutating func watchSockets(at now: Instant, market: MarketTime) {
    for id in sockets.all where sockets[id].isOpen {
      let malformed = sockets[id].malformed.count(within: .seconds(60), at: now.monotonic)
      guard malformed > FeedCore.malformedMax else { continue }
      effects.append(.note(.malformed(id, count: malformed)))
      sockets[id].malformed = RecentCount()
      reconnect(id, "malformed", at: now)
    }
    for id in sockets.stalled(for: FeedCore.stallLimit, at: now.monotonic) {
      effects.append(.note(.stalled(id)))
      reconnect(id, "stalled", at: now)
    }
    for shard in sockets.shards.indices { watchSilence(shard, at: now, market: market) }
  }

  /// Nothing comes, and the witnesses do not say that there is nothing to tell.
  private mutating func watchSilence(_ shard: Int, at now: Instant, market: MarketTime) {
    guard let lastDataAt = sockets[shard].lastDataAt else { return }
    let silence = now.monotonic.since(lastDataAt)
    guard silence >= sockets[shard].patience else { return }
    var isDue = false
    var isConfirmed = true
    for token in sockets[shard].tokens {
      guard let slug = slugOfToken[token], let keeper = followers[slug]?.keeper, keeper.isOpen(at: market) else {
        continue
      }
      isDue = true
      if keeper.state(at: market).state != .live { isConfirmed = false }
    }
    guard isDue else {
      for id in sockets.open(shard) { sockets[id].lastDataAt = now.monotonic }
      return
    }
    guard !isConfirmed else { return }
    beginAnew(shard, silence: silence, at: now)
  }

  private mutating func beginAnew(_ shard: Int, silence: Duration, at now: Instant) {
    effects.append(.note(.silent(shard: shard, seconds: silence.milliseconds / 1000)))
    sockets[shard].patience = min(sockets[shard].patience * 2, SocketTable.longestSilence)
    for id in sockets.open(shard) { reconnect(id, "silent", at: now) }
  }

  private mutating func reconnect(_ id: MarketSocketID, _ why: String, at now: Instant) {
    counters.reconnections += 1
    sockets[id].lastDataAt = now.monotonic
    sockets[id].behindSince = nil
    effects.append(.reconnect(id, why: why))
  }
}
