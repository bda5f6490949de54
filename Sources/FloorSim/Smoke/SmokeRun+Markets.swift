import Shared

/// Which windows there are, by the feed's own rules of what to ask when.
extension SmokeRun {
  /// Looks for what is due: listings, books that need a witness or have to be sent anew, windows that are over.
  mutating func follow(_ clock: MarketClock, at now: Now) {
    let time = clock.market(at: now.wall)
    let plan = catalog.plan(market: time, clock: clock, monotonic: now.monotonic)
    for change in plan.changes { take(change, clock, at: now) }
    for slug in plan.questions { emit(.lookUp(slug)) }
    if isMarketOpen {
      for slug in keepers.keys.sorted() {
        for demand in keepers[slug]?.demands(at: time) ?? [] {
          switch demand {
          case .witness(let token): emit(.fetchBook(token))
          case .resubscribe(let token, let reason):
            came[.book] = "\(slug): \(reason.rawValue)"
            emit(.resubscribe([token]))
          case .reconnect: emit(.reconnect)
          }
        }
      }
    }
    resolve(time, at: now)
  }

  /// The discovery service's answer; `nil`: it does not know the window, or its tokens do not exist yet.
  public mutating func listing(_ slug: MarketSlug, _ answer: Result<GammaMarket?, SmokeTrouble>, at now: Now) {
    guard verdict == nil, let clock else { return }
    let time = clock.market(at: now.wall)
    var found: GammaMarket?
    switch answer {
    case .failure(let trouble): came[.gamma] = "\(slug): \(trouble.why)"
    case .success(nil): came[.gamma] = "\(slug): not listed"
    case .success(let listing?):
      if listing.slug == slug { found = listing } else { came[.gamma] = "\(slug): the listing of \(listing.slug)" }
    }
    // Who did not answer has not said that there is no such window.
    if case .success = answer { answered.insert(slug) }
    guard let found else { return catalog.failed(slug, market: time, clock: clock, monotonic: now.monotonic) }
    if !found.hasOrderBook { came[.gamma] = "\(slug): listed without an order book" }
    for change in catalog.found(found, market: time, clock: clock, monotonic: now.monotonic) {
      take(change, clock, at: now)
    }
    resolve(time, at: now)
  }

  private mutating func take(_ change: MarketCatalog.Change, _ clock: MarketClock, at now: Now) {
    switch change {
    case .follow(let market):
      keepers[market.slug] = BookKeeper(market, policy: policy(clock), now: clock.market(at: now.wall))
      if let rule = market.settlement { references.follow(rule) }
      emit(.subscribe([market.yesToken, market.noToken]))
      if isPassed(.gamma) { say(line(of: market, at: clock.market(at: now.wall))) }
    case .updated(let listing): _ = keepers[listing.slug]?.listing(listing)
    case .drop(let slug):
      mids[slug] = nil
      guard let market = keepers.removeValue(forKey: slug)?.market else { return }
      if let rule = market.settlement { references.unfollow(rule) }
      emit(.unsubscribe([market.yesToken, market.noToken]))
    }
  }

  /// The open window is there, and it is known whether the next one is.
  private mutating func resolve(_ time: MarketTime, at now: Now) {
    guard !isPassed(.gamma), let open = open(at: time) else { return }
    guard open.isOpen(at: time) else {
      came[.gamma] = "\(open.market.slug): \(open.state(at: time).reason ?? "not open")"
      return
    }
    let next = settings.series.windowStart(containing: time) + settings.series.length.seconds
    guard let following = settings.series.slug(startingAt: next), answered.contains(following) else { return }
    pass(.gamma, at: now)
    say(SmokeLine("RESOLVED_MARKETS").with("count", keepers.count).with("series", settings.series))
    for slug in keepers.keys.sorted() {
      if let market = keepers[slug]?.market { say(line(of: market, at: time)) }
    }
  }

  private func line(of market: Market, at time: MarketTime) -> SmokeLine {
    let isNext = market.startsAt.map { time < $0 } ?? false
    let kind = market.settlement.flatMap { FeedRoles.settling($0)?.rawValue }
    return SmokeLine("MARKET").with("slug", market.slug).with("window", isNext ? "next" : "open").with(
      maybe: "starts", market.startsAt
    ).with(maybe: "ends", market.endsAt).with("tick", market.tick).with("min_size", market.minimumSize).with(
      "fee_rate", Decimal6.text(market.fee.rateMicros)
    ).with(maybe: "settlement", kind).with("condition", market.condition)
  }
}
