/// What an agent consumes, one at a time.
public enum AgentEvent: Sendable {
  case market(MarketUpdate)
  case reference(ReferencePrice)
  case order(OrderEventMessage)
  /// The database was asked for order events and all it had were delivered. `open` are the agent's orders that had not ended just before:
  /// one that is on its way to the venue has no event yet.
  case synced(open: Set<IntentID>)
  /// The bus is gone: what is known of the markets grows old.
  case blind
  /// What the boss says the floor may do.
  case mode(FloorMode)
  /// No new entries from now on.
  case drain
  /// Comes several times a second (wall clock).
  case beat
}

/// What the shell around an agent has to do.
public enum AgentEffect: Hashable, Sendable {
  /// Send the intent; it comes again until it is answered.
  case publish(Flight)
  case record(Decision)
  /// Write a checkpoint soon.
  case save
  /// Ask the database for the order events after the cursor.
  case sync
}
