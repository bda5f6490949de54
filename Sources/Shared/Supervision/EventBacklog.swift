/// Events that the record could not take while it was away, in their order, to be written when it is back. Bounded: what does not fit is
/// counted and told as one event. The log has them all.
public struct EventBacklog: Hashable, Sendable {
  public struct Event: Hashable, Sendable {
    public let severity: String
    public let type: String
    public let component: String
    public let message: String
    public let metadata: JSON
    /// When it happened; the record's own date is that of the writing.
    public let at: WallTime

    public init(
      severity: String, type: String, component: String, message: String, metadata: JSON,
      at: WallTime
    ) {
      self.severity = severity
      self.type = type
      self.component = component
      self.message = message
      self.metadata = metadata
      self.at = at
    }

    /// The metadata of an event that is written late: with the moment at which it happened.
    public var lateMetadata: JSON { metadata.with("happened_at", .text(at)) }
  }

  /// Most events that are kept.
  public let most: Int
  private var events: [Event] = []
  private var dropped = 0

  /// - Precondition: `most ≥ 1`.
  public init(most: Int) {
    precondition(most >= 1, "a backlog that keeps nothing")
    self.most = most
  }

  public var isEmpty: Bool { events.isEmpty }

  /// The first events of an outage are kept: they say how it began.
  public mutating func add(_ event: Event) {
    if events.count < most { events.append(event) } else { dropped += 1 }
  }

  /// Takes everything out, oldest first; at the end what had no room, as one event.
  public mutating func takeAll(at now: WallTime) -> [Event] {
    defer {
      events = []
      dropped = 0
    }
    guard dropped > 0 else { return events }
    return events + [
      Event(
        severity: "WARNING", type: "events-lost", component: ProcessNames.boss,
        message: "\(dropped) events of an outage are in the log alone",
        metadata: ["count": .int(dropped)], at: now)
    ]
  }
}
