import Shared

/// What the feed noted between the frames: which markets are followed, and when their books do not hold.
extension RecordedTape {
  mutating func take(_ mark: FeedMark, _ events: inout [TapeEvent]) {
    switch mark {
    case .opened, .clock, .published: break
    case .lost:
      for slug in followed.keys.sorted() {
        followed[slug]?.keeper.connectionLost(at: now)
        followed[slug]?.isAssumed = [false, false]
        publish(slug, &events)
      }
    case .following(let slug, let condition, let yes, let no, let ends):
      follow(slug, condition, yes, no, ends: ends, &events)
    case .dropped(let slug): forget(slug)
    case .voided(let token, _):
      guard let slug = slugOfToken[token] else { return }
      if followed[slug]?.keeper.void(token, .hash, at: now) == true { publish(slug, &events) }
    case .witness(let book):
      guard let slug = slugOfToken[book.token] else { return }
      if followed[slug]?.keeper.witness(book, at: now).changed == true { publish(slug, &events) }
    case .standing(let market):
      // At the head of a later file: who has read what is before it learns nothing.
      guard followed[market.slug] == nil else { return }
      follow(market.slug, market.condition, market.yes, market.no, ends: market.ends, &events)
      for standing in market.books { restore(standing, in: market.slug) }
      publish(market.slug, &events)
    }
  }

  mutating func restore(_ standing: StandingBook, in slug: MarketSlug) {
    let book = standing.book
    _ = followed[slug]?.keeper.apply(.book(book), at: now)
    for change in standing.later {
      let item = VenuePriceChange.Change(token: book.token, side: change.side, level: change.level)
      let event = VenuePriceChange(market: book.market, time: change.time, changes: [item])
      _ = followed[slug]?.keeper.apply(.priceChange(event), at: now)
    }
  }

  mutating func follow(
    _ slug: MarketSlug, _ condition: ConditionID, _ yes: TokenID, _ no: TokenID, ends: MarketTime?,
    _ events: inout [TapeEvent]
  ) {
    guard followed[slug] == nil else { return }
    let market = Market(
      slug: slug, condition: condition, yes: yes, no: no, tick: terms.tick, minimumSize: terms.minimumSize,
      fee: terms.fee,
      settlementTWAP: terms.settlementTWAP, ends: ends)
    followed[slug] = Followed(
      keeper: BookKeeper(market, policy: BookKeeper.Policy(staleAfter: terms.staleAfter), now: now))
    slugOfCondition[condition] = slug
    slugOfToken[yes] = slug
    slugOfToken[no] = slug
    if let rule = market.settlement { references.follow(rule) }
    coverage.markets += 1
    publish(slug, &events)
  }

  mutating func forget(_ slug: MarketSlug) {
    guard let item = followed.removeValue(forKey: slug) else { return }
    slugOfCondition[item.keeper.market.condition] = nil
    for outcome in Outcome.allCases { slugOfToken[item.keeper.market.token(of: outcome)] = nil }
    if let rule = item.keeper.market.settlement { references.unfollow(rule) }
  }
}
