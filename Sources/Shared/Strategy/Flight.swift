/// An intent of ours that is not over.
public struct Flight: Hashable, Sendable {
  public let terms: IntentMessage.Terms
  public let feedOrder: Int64
  public let bookTime: MarketTime
  public let reason: String
  /// An event told of it, or the record holds its order: no need to repeat, and never given up.
  public internal(set) var acknowledged = false
  /// Timer beats since it was (last) published.
  var beats = 0
  /// The database was asked after it lapsed, and knew neither an event nor an open order of it.
  var isSynced = false
  /// Timer beats since it stopped being useful without an answer.
  var lapsedBeats = 0

  init(terms: IntentMessage.Terms, feedOrder: Int64, bookTime: MarketTime, reason: String) {
    self.terms = terms
    self.feedOrder = feedOrder
    self.bookTime = bookTime
    self.reason = reason
  }
}

/// The agent's intents under way, in the order in which they were made.
public struct FlightBook: Hashable, Sendable {
  public internal(set) var all: [Flight] = []

  public init() {}

  public func contains(where condition: (Flight) -> Bool) -> Bool { all.contains(where: condition) }
  public subscript(_ intent: IntentID) -> Flight? { all.first { $0.terms.intent == intent } }

  mutating func end(_ intent: IntentID) { all.removeAll { $0.terms.intent == intent } }
}
