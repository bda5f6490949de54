extension StreamFrame<MarketStreamEvent> {
  /// Reads one text frame of the market channel, every kind of event, by way of a tree. `MarketFrameDecoder` reads the frequent kinds
  /// without one and leaves the rest to this.
  public init(market bytes: [UInt8]) {
    self.init(bytes) { json in
      guard let kind = json["event_type"]?.string else { return .malformed }
      switch kind {
      case "book": return Decoded(VenueBook(json).map(MarketStreamEvent.book))
      case "price_change": return Decoded(VenuePriceChange(json).map(MarketStreamEvent.priceChange))
      case "last_trade_price": return Decoded(VenueLastTrade(json).map(MarketStreamEvent.lastTrade))
      case "tick_size_change": return Decoded(VenueTickSizeChange(json).map(MarketStreamEvent.tickSizeChange))
      case "best_bid_ask": return Decoded(VenueBestBidAsk(json).map(MarketStreamEvent.bestBidAsk))
      case "new_market": return Decoded(VenueNewMarket(json).map(MarketStreamEvent.newMarket))
      case "market_resolved": return Decoded(VenueMarketResolved(json).map(MarketStreamEvent.resolved))
      default: return .unknown(kind)
      }
    }
  }
}

/// The stamp that every event carries.
private func venueTime(_ json: JSON) -> MarketTime? {
  json["timestamp"]?.int.flatMap(MarketTime.init(venueMilliseconds:))
}

/// The fields that every single-token event carries.
private struct Common {
  let market: ConditionID
  let token: TokenID
  let time: MarketTime

  init?(_ json: JSON) {
    guard let market = json["market"]?.string.flatMap(ConditionID.init),
      let token = json["asset_id"]?.string.flatMap(TokenID.init), let time = venueTime(json)
    else { return nil }
    self.market = market
    self.token = token
    self.time = time
  }
}

/// An empty side is told as `""`, as nothing, or by some servers as 0 or 1: none of them is a price somebody offers.
private func bestPrice(_ json: JSON?) -> Price? {
  guard let price = json?.price, price != .zero, price != .one else { return nil }
  return price
}

extension VenuePriceChange {
  init?(_ json: JSON) {
    guard let market = json["market"]?.string.flatMap(ConditionID.init), let time = venueTime(json),
      let items = json["price_changes"]?.array
    else { return nil }
    var changes: [Change] = []
    changes.reserveCapacity(items.count)
    for item in items {
      guard let token = item["asset_id"]?.string.flatMap(TokenID.init),
        let side = item["side"]?.string.flatMap(Side.init(rawValue:)),
        let level = BookLevel(venue: item["price"]?.price, item["size"]?.shares)
      else { return nil }
      changes.append(
        Change(
          token: token, side: side, level: level, bestBid: bestPrice(item["best_bid"]),
          bestAsk: bestPrice(item["best_ask"])))
    }
    self.init(market: market, time: time, changes: changes)
  }
}

extension VenueLastTrade {
  init?(_ json: JSON) {
    guard let common = Common(json), let price = json["price"]?.price, let size = json["size"]?.shares, size > .zero,
      let side = json["side"]?.string.flatMap(Side.init(rawValue:))
    else { return nil }
    self.init(market: common.market, token: common.token, time: common.time, price: price, size: size, side: side)
  }
}

extension VenueTickSizeChange {
  init?(_ json: JSON) {
    guard let common = Common(json), let tick = json["new_tick_size"].flatMap(PriceTick.init(venue:)) else {
      return nil
    }
    self.init(market: common.market, token: common.token, time: common.time, tick: tick)
  }
}

extension VenueBestBidAsk {
  init?(_ json: JSON) {
    guard let common = Common(json) else { return nil }
    self.init(
      market: common.market, token: common.token, time: common.time, bid: bestPrice(json["best_bid"]),
      ask: bestPrice(json["best_ask"]))
  }
}

extension VenueNewMarket {
  init?(_ json: JSON) {
    guard let market = json["market"]?.string.flatMap(ConditionID.init),
      let slug = json["slug"]?.string.flatMap(MarketSlug.init), let time = venueTime(json)
    else { return nil }
    let tokens = (json["assets_ids"]?.array ?? []).compactMap { $0.string.flatMap(TokenID.init) }
    let outcomes = (json["outcomes"]?.array ?? []).compactMap(\.string)
    guard tokens.count == outcomes.count else { return nil }
    self.init(
      market: market, slug: slug, tokens: tokens, outcomes: outcomes, time: time)
  }
}

extension VenueMarketResolved {
  init?(_ json: JSON) {
    guard let market = json["market"]?.string.flatMap(ConditionID.init),
      let winner = json["winning_asset_id"]?.string.flatMap(TokenID.init), let time = venueTime(json)
    else { return nil }
    self.init(
      market: market, tokens: (json["assets_ids"]?.array ?? []).compactMap { $0.string.flatMap(TokenID.init) },
      winner: winner, winningOutcome: json["winning_outcome"]?.string ?? "", time: time)
  }
}
