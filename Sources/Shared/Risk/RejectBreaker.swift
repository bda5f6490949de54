/// Keeps an agent from entering for a while when the venue refuses too many of its orders for what they are. Pure, and without a memory:
/// the refusals of fourteen days, as the record has them, say all there is to say, before and after a restart.
public struct RejectBreaker: Hashable, Sendable {
  /// So many refusals …
  public var count = 5
  /// … within so long trip it, in market time.
  public var window: Duration = .seconds(600)
  /// How long entries are refused; twice as long each time that it trips again within a day.
  public var pause: Duration = .seconds(600)

  /// A pause is never longer, and so long after its end the next one is a first one again.
  public static let day: Duration = .seconds(86_400)

  public init() {}

  public struct Trip: Hashable, Sendable {
    public let at: MarketTime
    public let until: MarketTime
    /// How often it had tripped before, each within a day of the end of the one before it.
    public let repeats: Int

    public init(at: MarketTime, until: MarketTime, repeats: Int) {
      self.at = at
      self.until = until
      self.repeats = repeats
    }
  }

  /// What entries of an agent are up against.
  public struct Finding: Hashable, Sendable {
    /// Refusals that count towards the next trip.
    public let counted: Int
    /// The pause that is in force.
    public let trip: Trip?

    public init(counted: Int = 0, trip: Trip? = nil) {
      self.counted = counted
      self.trip = trip
    }
  }

  /// - Parameter refusals: when the refused orders were sent, in any order. What was refused while a pause was in force is not held against
  ///   the agent again: exits go on, and entries may have been under way.
  public func look(at refusals: [MarketTime], _ now: MarketTime) -> Finding {
    var recent: [MarketTime] = []
    var last: Trip?
    for time in refusals.sorted() {
      if let last, time < last.until { continue }
      recent.removeAll { time.since($0) >= window }
      recent.append(time)
      guard recent.count >= count else { continue }
      let repeats = last.map { time.since($0.until) < Self.day ? $0.repeats + 1 : 0 } ?? 0
      last = Trip(at: time, until: time.advanced(by: length(repeats)), repeats: repeats)
      recent.removeAll()
    }
    return Finding(counted: recent.count { now.since($0) < window }, trip: last.flatMap { $0.until > now ? $0 : nil })
  }

  private func length(_ repeats: Int) -> Duration {
    var length = min(pause, Self.day)
    for _ in 0..<repeats where length < Self.day { length = min(length * 2, Self.day) }
    return length
  }

  public func refusal(_ agent: String, _ trip: Trip) -> Refusal {
    Refusal(
      .venueRejects, .init("agent", agent), .init("rejects", count), .init("window_s", window.components.seconds),
      .init("until", trip.until))
  }
}
