/// What every message starts with: who says it, which number it has, and when.
///
/// On the wire: `"v":1,"src":"market-feed","boot":"b7…","seq":12,"ts_ns":…,"sent_ns":…`.
public struct Envelope: Hashable, Sendable {
  /// The only version there is. A reader refuses any other.
  public static let version: Int64 = 1

  /// The process that sent it, `market-feed`, `agent-momentum-1`.
  public var source: String
  /// The sender's boot id: another text after every restart, so that a sequence that begins anew is not taken for a gap.
  public var boot: String
  /// Counts from 1 for each (source, boot, channel).
  public var sequence: Int64
  /// When it happened, on the venue's or the market's clock (`ts_ns`).
  public var time: MarketTime
  /// When it was sent, on the sender's wall clock (`sent_ns`).
  public var sent: WallTime

  public init(source: String, boot: String, sequence: Int64, time: MarketTime, sent: WallTime) {
    self.source = source
    self.boot = boot
    self.sequence = sequence
    self.time = time
    self.sent = sent
  }

  /// The members, for messages built as a tree.
  public var members: [JSON.Member] {
    [
      JSON.Member("v", .int(Envelope.version)), JSON.Member("src", .string(source)), JSON.Member("boot", .string(boot)),
      JSON.Member("seq", .int(sequence)), JSON.Member("ts_ns", .int(time.nanoseconds)),
      JSON.Member("sent_ns", .int(sent.nanoseconds)),
    ]
  }

  /// Reads the members out of a message's tree.
  public init(_ json: JSON) throws(MessageError) {
    guard let version = json["v"]?.int else { throw .missing("v") }
    guard version == Envelope.version else { throw .version(version) }
    guard let source = json["src"]?.string else { throw .missing("src") }
    guard let boot = json["boot"]?.string else { throw .missing("boot") }
    guard let sequence = json["seq"]?.int else { throw .missing("seq") }
    guard let time = json["ts_ns"]?.int else { throw .missing("ts_ns") }
    guard let sent = json["sent_ns"]?.int else { throw .missing("sent_ns") }
    self.init(
      source: source, boot: boot, sequence: sequence, time: MarketTime(nanoseconds: time),
      sent: WallTime(nanoseconds: sent))
  }
}

/// Why bytes from the bus are not the message they should be. The reader drops the message, counts it and goes on.
public enum MessageError: Error, Hashable, Sendable, CustomStringConvertible {
  case json(JSONError)
  /// A version this build does not speak.
  case version(Int64)
  /// A member that must be there is not, or is of another kind.
  case missing(String)
  /// A member's value is outside its range.
  case invalid(String)

  public var description: String {
    switch self {
    case .json(let error): "not JSON: \(error)"
    case .version(let number): "version \(number) is not spoken here"
    case .missing(let name): "\(name) is missing"
    case .invalid(let name): "\(name) is invalid"
    }
  }
}
