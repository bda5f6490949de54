import Shared

/// Once a second: the open window's book as it stands, and what the hammer makes of it.
extension SmokeRun {
  mutating func look(at now: Now) {
    guard verdict == nil, isPassed(.gamma) else { return }
    if let lookedAt, now.monotonic.since(lookedAt) < SmokeSettings.lookEvery { return }
    let time = market(at: now)
    guard let keeper = open(at: time), keeper.state(at: time).state == .live else { return }
    let tops = Outcome.allCases.map { keeper.top($0) }
    if !isPassed(.book) {
      // One side may be bare for a moment; a book of which nobody can buy shows nothing.
      guard tops.contains(where: { $0.bestAsk != nil && $0.bestBid != nil }) else { return }
      pass(.book, at: now)
      say(
        SmokeLine("BOOK_SNAPSHOT").with("slug", keeper.market.slug).with("source", "stream").with(
          "epoch", keeper.bookEpoch
        ).with("clob_events", marketEvents))
      for outcome in Outcome.allCases { emit(.fetchBook(keeper.market.token(of: outcome))) }
    }
    lookedAt = now.monotonic
    looks += 1
    for (outcome, top) in zip(Outcome.allCases, tops) {
      say(
        SmokeLine("SNAPSHOT").with("slug", keeper.market.slug).with("outcome", keeper.market.label(outcome)).with(
          "source", "stream"
        ).with(maybe: "bid", top.bestBid?.price).with(maybe: "ask", top.bestAsk?.price).with(
          maybe: "bid_size", top.bestBid?.size
        ).with(maybe: "ask_size", top.bestAsk?.size))
    }
    weigh(keeper, time, at: now)
  }

  private mutating func weigh(_ keeper: BookKeeper, _ time: MarketTime, at now: Now) {
    let market = keeper.market
    let change = mids[market.slug].map(HammerStrategy.change) ?? 0
    guard
      let found = SmokeCandidate(
        update(keeper, time, at: now), feeds: feeds, midChange: change, settings.parameters, now: time)
    else {
      came[.candidate] = "\(market.slug): nobody sells the favourite"
      return
    }
    candidate = found
    candidateLook = looks
    say(found.line(market))
    pass(.candidate, at: now)
  }

  /// What the feed would publish of it.
  private func update(_ keeper: BookKeeper, _ time: MarketTime, at now: Now) -> MarketUpdate {
    let (state, reason) = keeper.state(at: time)
    let market = keeper.market
    let envelope = Envelope(
      source: "smoke", boot: "smoke", sequence: Int64(looks), time: keeper.dataTime ?? time, sent: now.wall)
    return MarketUpdate(
      envelope: envelope, order: Int64(looks), slug: market.slug, series: market.series, state: state, reason: reason,
      bookEpoch: keeper.bookEpoch, tick: market.tick, minimumSize: market.minimumSize, fee: market.fee,
      startsAt: market.startsAt, endsAt: market.endsAt, settlement: market.settlement, yes: keeper.top(.yes),
      no: keeper.top(.no), last: keeper.last, flow: keeper.flow, payout: keeper.payout)
  }

  // MARK: Words

  /// What a step asked of whom.
  func asked(_ step: SmokeStep, at now: Now) -> String {
    let endpoints = settings.endpoints
    let time = market(at: now)
    let start = settings.series.windowStart(containing: time)
    let slug = settings.series.slug(startingAt: start)?.text ?? settings.series.alias
    switch step {
    case .clock: return "GET \(endpoints.clock ?? "the wall")"
    case .gamma: return "GET \(endpoints.gamma)/markets/slug/\(slug) and the next window's"
    case .rtds:
      let kinds = neededKinds(at: time).map(\.rawValue).joined(separator: ", ")
      return "\(endpoints.referenceStream): \(kinds) of \(settings.series.symbol)"
    case .book: return "\(endpoints.marketStream): the books of \(slug)"
    case .candidate: return "the hammer's expected value on \(slug)"
    case .order: return "GET \(endpoints.clob)/book of \(slug), and a fill-or-kill buy on paper"
    }
  }

  /// What came instead of what was asked.
  func word(on step: SmokeStep, at now: Now) -> String {
    if let word = came[step] { return word }
    let time = market(at: now)
    switch step {
    case .clock, .gamma: return "no answer"
    case .rtds:
      let kinds = neededKinds(at: time).map { kind in
        guard let newest = newest[kind] else { return "\(kind.rawValue): not a word" }
        return "\(kind.rawValue): newest of \(newest)" + (isFresh(kind, at: time) ? "" : ", old at \(time)")
      }
      return kinds.joined(separator: "; ")
    case .book, .candidate:
      guard let keeper = open(at: time) else { return "the open window is not listed" }
      let (state, reason) = keeper.state(at: time)
      return state == .live ? "no side with bid and ask" : "\(state.rawValue): \(reason ?? "no reason")"
    case .order:
      if looks < SmokeSettings.looksMin { return "the book was seen \(looks) times only" }
      return candidateLook < looks ? "nobody sells the favourite any more" : "no answer"
    }
  }
}
