/// One event of the venue's private channel (protocol document, section 4.4).
public enum UserStreamEvent: Hashable, Sendable {
  /// What happened to an order of ours.
  public enum OrderChange: String, Hashable, Sendable {
    case placement = "PLACEMENT"
    /// Part or all of it matched.
    case update = "UPDATE"
    case cancellation = "CANCELLATION"
  }

  case order(OrderChange, VenueOrder)
  /// Sent again for every change of the trade's status.
  case trade(VenueTrade)
}

extension StreamFrame<UserStreamEvent> {
  /// Reads one text frame of the user channel.
  public init(user bytes: [UInt8]) {
    self.init(bytes) { json in
      guard let kind = json["event_type"]?.string else { return .malformed }
      switch kind {
      case "order":
        guard let word = json["type"]?.string else { return .malformed }
        guard let change = UserStreamEvent.OrderChange(rawValue: word) else { return .unknown("order " + word) }
        return Decoded(VenueOrder(json).map { .order(change, $0) })
      case "trade": return Decoded(VenueTrade(json).map(UserStreamEvent.trade))
      default: return .unknown(kind)
      }
    }
  }
}
