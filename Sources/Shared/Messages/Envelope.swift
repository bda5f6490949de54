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

  /// Appends the members, without braces and without a comma after them.
  public func write(to out: inout [UInt8]) {
    out.appendASCII("\"v\":1,\"src\":")
    JSON.writeString(source, to: &out)
    out.appendASCII(",\"boot\":")
    JSON.writeString(boot, to: &out)
    out.appendASCII(",\"seq\":")
    out.appendInteger(sequence)
    out.appendASCII(",\"ts_ns\":")
    out.appendInteger(time.nanoseconds)
    out.appendASCII(",\"sent_ns\":")
    out.appendInteger(sent.nanoseconds)
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

/// The envelope's members while a scanner meets them, in any order.
struct EnvelopeReader {
  private var version: Int64?
  private var source: String?
  private var boot: String?
  private var sequence: Int64?
  private var time: Int64?
  private var sent: Int64?

  /// Takes the value when the key is one of the envelope's; `false` leaves the scanner untouched.
  mutating func take(_ key: JSONScanner.Key, _ scanner: inout JSONScanner) throws(JSONError) -> Bool {
    switch key {
    case "v": version = try scanner.integer()
    case "src": source = try scanner.string()
    case "boot": boot = try scanner.string()
    case "seq": sequence = try scanner.integer()
    case "ts_ns": time = try scanner.integer()
    case "sent_ns": sent = try scanner.integer()
    default: return false
    }
    return true
  }

  func envelope() throws(MessageError) -> Envelope {
    guard let version else { throw .missing("v") }
    guard version == Envelope.version else { throw .version(version) }
    guard let source else { throw .missing("src") }
    guard let boot else { throw .missing("boot") }
    guard let sequence else { throw .missing("seq") }
    guard let time else { throw .missing("ts_ns") }
    guard let sent else { throw .missing("sent_ns") }
    return Envelope(
      source: source, boot: boot, sequence: sequence, time: MarketTime(nanoseconds: time),
      sent: WallTime(nanoseconds: sent))
  }
}
