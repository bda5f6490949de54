import Shared

/// What the venue's two sockets say.
extension SmokeRun {
  // MARK: Reference prices

  public mutating func referenceLost(_ why: String) { came[.rtds] = why }

  public mutating func reference(_ frame: [UInt8], at now: Now) {
    guard verdict == nil else { return }
    let ticks = StreamFrame(reference: frame).events
    for tick in ticks where tick.plainSymbol == settings.series.symbol {
      guard let kind = tick.kind else { continue }
      referenceEvents += 1
      came[.rtds] = nil
      newest[kind] = max(newest[kind] ?? tick.observedAt, tick.observedAt)
      for news in references.take(tick, from: .rtds, at: now.monotonic).news {
        let envelope = Envelope(
          source: "smoke", boot: "smoke", sequence: Int64(referenceEvents), time: news.observedAt, sent: now.wall)
        feeds.put(
          ReferencePrice(
            envelope: envelope, order: Int64(referenceEvents), symbol: settings.series.symbol, kind: kind,
            value: news.value), settings.parameters)
      }
    }
    hearReferences(at: now)
  }

  /// The canonical series and the one that settles the open window.
  func neededKinds(at time: MarketTime) -> [ReferenceKind] {
    let settling = open(at: time)?.market.settlement.flatMap(FeedRoles.settling) ?? FeedRoles.canonical
    return settling == FeedRoles.canonical ? [settling] : [FeedRoles.canonical, settling]
  }

  /// Ten seconds of the market, and never less than two of the wall: a price older than that is of a stream that stands.
  func isFresh(_ kind: ReferenceKind, at time: MarketTime) -> Bool {
    let limit = max(.seconds(10), (clock ?? .live).market(during: .seconds(2)))
    return newest[kind].map { time.since($0) <= limit } ?? false
  }

  private mutating func hearReferences(at now: Now) {
    guard !isPassed(.rtds), isPassed(.gamma) else { return }
    let time = market(at: now)
    if neededKinds(at: time).allSatisfy({ isFresh($0, at: time) }) { pass(.rtds, at: now) }
  }

  // MARK: Books

  public mutating func marketOpened() {
    isMarketOpen = true
    came[.book] = nil
  }

  public mutating func marketLost(_ why: String, at now: Now) {
    came[.book] = why
    guard isMarketOpen else { return }
    isMarketOpen = false
    let time = market(at: now)
    for slug in keepers.keys { keepers[slug]?.connectionLost(at: time) }
  }

  public mutating func market(_ frame: [UInt8], at now: Now) {
    guard verdict == nil else { return }
    let time = market(at: now)
    for event in decoder.decode(frame).events {
      guard let slug = keepers.first(where: { $0.value.market.condition == event.condition })?.key else { continue }
      marketEvents += 1
      _ = keepers[slug]?.apply(event, at: time)
      guard let keeper = keepers[slug], keeper.state(at: time).state == .live else { continue }
      mids[slug, default: RollingWindow(span: .seconds(2))].add(
        HammerStrategy.mid(keeper.top(.yes)), at: keeper.dataTime ?? time)
    }
  }

  /// A book over REST, held against the stream's.
  public mutating func witness(_ token: TokenID, _ answer: Result<VenueBook, SmokeTrouble>, at now: Now) {
    guard verdict == nil, let slug = keepers.first(where: { $0.value.market.outcome(of: token) != nil })?.key else {
      return
    }
    let time = market(at: now)
    switch answer {
    case .failure: keepers[slug]?.witnessFailed(token)
    case .success(let book):
      let agrees = keepers[slug]?.witness(book, at: time).agrees ?? false
      guard isPassed(.book), let market = keepers[slug]?.market, let outcome = market.outcome(of: token) else { return }
      say(
        SmokeLine("SNAPSHOT").with("slug", slug).with("outcome", market.label(outcome)).with("source", "rest").with(
          maybe: "bid", book.bids.first?.price
        ).with(maybe: "ask", book.asks.first?.price).with(maybe: "bid_size", book.bids.first?.size).with(
          maybe: "ask_size", book.asks.first?.size
        ).with(flag: "agrees", agrees))
    }
  }
}
