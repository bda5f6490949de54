import Shared

/// What the feed's core wants done by its shell, in order.
enum FeedEffect: Hashable, Sendable {
  case publish(channel: String, payload: [UInt8])
  /// Sets a key; `nil` lives until it is replaced.
  case store(key: String, value: [UInt8], lifetime: Duration?)
  /// Asks the discovery service for a listing; answered by `listing`.
  case lookUp(MarketSlug)
  /// Keeps these tokens subscribed, across reconnections too.
  case subscribe([TokenID])
  case unsubscribe([TokenID])
  /// Subscribes them once more, so that their books are sent anew.
  case resubscribe([TokenID])
  /// Asks for a token's book over REST; answered by `witness`.
  case fetchBook(TokenID)
  /// The stream is open and says nothing, or nothing sensible: begin anew.
  case reconnect
  /// Asks for the market's clock; answered by `clockRead`.
  case readClock
  /// Writes what is known of a market (`upsert_market`).
  case recordMarket(MarketSlug, JSON)
  /// Writes best prices (`market_ticks`): may be dropped.
  case recordTicks([JSON])
  case note(FeedNote)
  /// Belongs into the recording, at this point of it.
  case mark(FeedMark)
}

/// What happened, for the log.
enum FeedNote: Hashable, Sendable {
  case following(MarketSlug)
  case dropped(MarketSlug)
  case state(MarketSlug, MarketState, reason: String?)
  case resubscribed(TokenID, reason: String)
  case clock(MarketClock)
  case silent(seconds: Int64)
  case malformed(count: Int)
}
