import Shared

/// What the feed's core wants done by its shell, in order.
enum FeedEffect: Hashable, Sendable {
  case publish(channel: String, payload: [UInt8])
  /// Sets a key; `nil` lives until it is replaced.
  case store(key: String, value: [UInt8], lifetime: Duration?)
  /// Asks the discovery service for a listing; answered by `listing`.
  case lookUp(MarketSlug)
  /// Opens a further shard's sockets.
  case open(shard: Int)
  /// Keeps these tokens subscribed on the shard's sockets, across reconnections too.
  case subscribe([TokenID], shard: Int)
  case unsubscribe([TokenID], shard: Int)
  /// Subscribes them once more, so that their books are sent anew.
  case resubscribe([TokenID], shard: Int)
  /// Asks for a token's book over REST; answered by `witness`.
  case fetchBook(TokenID)
  /// The socket is open and says nothing, or nothing sensible: begin anew.
  case reconnect(MarketSocketID, why: String)
  /// A source of reference prices is open and says nothing: begin anew.
  case reconnectReference(ReferenceSource)
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
  /// A shard is open, its markets do not live, and nothing comes.
  case silent(shard: Int, seconds: Int64)
  /// A socket says nothing while its twin does.
  case stalled(MarketSocketID)
  case malformed(MarketSocketID, count: Int)
  /// An event of a kind that we do not know.
  case stranger(String)
  /// Two sources say different things of the same moment of a series that settles.
  case contested(symbol: String, MarketTime)
  case referenceSilent(ReferenceSource)
  /// By the second source of reference prices: these come from the first alone.
  case subscriptionRefused(String)
  /// A book's check sum is not that of its levels.
  case badHash(TokenID)
}
