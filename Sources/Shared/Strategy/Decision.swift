/// One row of `decisions`: what the agent decided, why, and exactly what it had seen by then.
public struct Decision: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// Acted on: there is an intent.
    case signal
    /// Not acted on.
    case refusal
  }
  public var kind: Kind
  /// Counts an agent's decisions within one epoch, from 1: with agent and epoch it names the row, so that a repeat is none.
  public var number: Int64 = 0
  /// Stable code.
  public var reason: String
  public var market: MarketSlug?
  public var outcome: Outcome?
  public var intent: IntentID?
  public var detail: JSON
  /// Which life of the feed `feedOrder` counts in; empty before its first message.
  public var feedBoot: String
  /// The feed's `order` of the newest message consumed.
  public var feedOrder: Int64
  /// The newest order event consumed.
  public var eventCursor: Int64
  /// Market time of the decision.
  public var now: MarketTime
  /// How often it was decided (refusals that repeat are counted, not repeated).
  public var count: Int64

  public var json: JSON {
    [
      "number": .int(number), "kind": .string(kind.rawValue), "reason": .string(reason),
      "market": .optional(market.map { .text($0) }),
      "outcome": .optional(outcome.map { .string($0.rawValue) }), "intent_id": .optional(intent.map { .text($0) }),
      "detail": detail, "feed_boot": .string(feedBoot), "feed_order": .int(feedOrder),
      "event_cursor": .int(eventCursor), "market_ns": .int(now.nanoseconds), "count": .int(count),
    ]
  }
}

/// A running fingerprint of everything decided: two runs over the same events end with the same number. FNV-1a, 64 bits (not a proof
/// against malice, only against difference).
public struct DecisionDigest: Hashable, Sendable {
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325
  public private(set) var count: UInt64 = 0

  public init() {}

  mutating func add(_ decision: Decision) {
    count += 1
    for byte in decision.json.bytes {
      value ^= UInt64(byte)
      value &*= 0x0000_0100_0000_01B3
    }
  }
}
