/// What every message starts with. `sequence` counts per (source, boot, channel), from 1: a gap means a message was lost.
public struct Envelope: Hashable, Sendable {
  /// The only version this build speaks; another is refused, never guessed at.
  public static let version: Int64 = 1

  /// The process that wrote it, `market-feed`, `agent-momentum-1`.
  public var source: String
  /// The writer's life: changes at each start.
  public var boot: String
  public var sequence: Int64
  /// Venue or market time of what the message says.
  public var timestamp: MarketTime
  /// When it was written.
  public var sent: WallTime

  public init(source: String, boot: String, sequence: Int64, timestamp: MarketTime, sent: WallTime) {
    self.source = source
    self.boot = boot
    self.sequence = sequence
    self.timestamp = timestamp
    self.sent = sent
  }

  /// The members `v`, `src`, `boot`, `seq`, `ts_ns`, `sent_ns`, in this order.
  public var members: [JSON.Member] {
    [
      .init("v", .int(Envelope.version)), .init("src", .string(source)), .init("boot", .string(boot)),
      .init("seq", .int(sequence)), .init("ts_ns", .int(timestamp.nanoseconds)),
      .init("sent_ns", .int(sent.nanoseconds)),
    ]
  }

  public init(_ fields: MessageFields) throws(MessageError) {
    guard try fields.int("v") == Envelope.version else { throw fields.error("v", .unsupportedVersion) }
    source = try fields.string("src")
    boot = try fields.string("boot")
    sequence = try fields.int("seq")
    timestamp = try fields.time("ts_ns")
    sent = try fields.time("sent_ns")
    if source.isEmpty { throw fields.error("src", .malformed) }
    if sequence < 0 { throw fields.error("seq", .malformed) }
  }
}
