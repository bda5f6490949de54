import Shared

/// What goes wrong with the web sockets because somebody asked for it. Only data is touched: answers to pings always arrive, as with the
/// real venue's stalls.
struct StreamFaults: Sendable {
  enum Stream: String, Hashable, Sendable, CaseIterable {
    case market
    case user
    case rtds
    case price
  }

  enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The message is lost. Without a count and a chance: nothing comes any more, while the connection stays.
    case lose
    /// The message comes twice.
    case `repeat`
    /// The message comes after the next one.
    case swap
    /// Something that does not read comes before the message.
    case garble
    /// A message of `bytes` comes before it.
    case flood
    /// The message `text` comes before it, as if the venue had said that.
    case insert
    /// The connection is closed instead.
    case hangUp = "hang_up"
  }

  struct Rule: Hashable, Sendable {
    var stream: Stream
    var kind: Kind
    /// Only messages in which this stands: a token, a slug, an event type.
    var containing: [UInt8]
    var bytes: Int
    var text: [UInt8]
    /// Only this socket; `nil` is all of the stream.
    var peer: Int?
    var when: FaultSchedule
  }

  /// What becomes of one message.
  struct Fate: Hashable, Sendable {
    var messages: [[UInt8]]
    var hangsUp = false
  }

  private(set) var rules: [Rule] = []
  private(set) var hits: Int64 = 0
  private var held: [Int: [UInt8]] = [:]
  /// The sockets of each stream, in the order in which they were opened.
  private var peers: [Stream: [Int]] = [:]
  private var garbled = 0
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// What does not read, one after the other: torn, not a number, too large a number, too deep, too many digits, no text, unknown.
  static let garbage: [[UInt8]] = [
    Array(#"{"event_type":"book","asset_id":"#.utf8), Array(#"[{"event_type":"price_change","price":NaN}]"#.utf8),
    Array(#"{"event_type":"last_trade_price","price":1e400}"#.utf8),
    [UInt8](repeating: 0x5B, count: 2000) + [UInt8](repeating: 0x5D, count: 2000),
    Array((#"{"event_type":"book","timestamp":""# + String(repeating: "9", count: 50) + #""}"#).utf8),
    Array(#"{"event_type":"no_such_event","asset_id":"1"}"#.utf8), Array("null".utf8), Array("[]".utf8), Array("".utf8),
  ]

  mutating func fate(_ text: [UInt8], on stream: Stream, to peer: Int, at wall: WallTime) -> Fate {
    var fate = Fate(messages: [text])
    if let earlier = held.removeValue(forKey: peer) { fate.messages.append(earlier) }
    guard !rules.isEmpty, !text.elementsEqual("PONG".utf8), !text.elementsEqual("pong".utf8) else { return fate }
    for index in rules.indices where rules[index].stream == stream && rules[index].peer.map({ $0 == peer }) ?? true {
      let wanted = rules[index].containing
      guard wanted.isEmpty || text.firstRange(of: wanted) != nil, rules[index].when.strikes(at: wall, random.uniform())
      else { continue }
      hits += 1
      switch rules[index].kind {
      case .lose: fate.messages.removeFirst()
      case .repeat: fate.messages.insert(text, at: 0)
      case .swap:
        fate.messages.removeFirst()
        held[peer] = text
      case .garble:
        fate.messages.insert(Self.garbage[garbled % Self.garbage.count], at: 0)
        garbled += 1
      case .flood: fate.messages.insert([UInt8](repeating: 0x20, count: rules[index].bytes), at: 0)
      case .insert: fate.messages.insert(rules[index].text, at: 0)
      case .hangUp:
        fate.messages = []
        fate.hangsUp = true
      }
      break
    }
    rules.removeAll { $0.when.isWornOut }
    return fate
  }

  /// Is a message kept back that must come after the next one?
  var isHolding: Bool { !held.isEmpty }

  mutating func opened(_ peer: Int, _ stream: Stream) { peers[stream, default: []].append(peer) }

  mutating func closed(_ peer: Int) {
    held[peer] = nil
    for stream in peers.keys { peers[stream]?.removeAll { $0 == peer } }
  }

  mutating func set(_ value: WireValue, at wall: WallTime) throws(FaultProblem) {
    rules = try FaultProblem.each(value) { (item) throws(FaultProblem) in
      let bytes = item["bytes"]?.asNumber ?? 1_000_000
      guard (1...100_000_000).contains(bytes) else { throw FaultProblem("bytes is between 1 and 100000000") }
      let stream: Stream = try FaultProblem.word(item, "stream")
      let kind: Kind = try FaultProblem.word(item, "kind")
      guard kind != .insert || item["text"]?.asText != nil else { throw FaultProblem("text is missing") }
      var peer: Int?
      if let number = item["socket"] {
        let open = peers[stream] ?? []
        guard let number = number.asNumber, number >= 1, number <= Int64(open.count) else {
          throw FaultProblem("socket is between 1 and \(open.count), the sockets of \(stream.rawValue) that are open")
        }
        peer = open[Int(number) - 1]
      }
      return Rule(
        stream: stream, kind: kind, containing: Array((item["containing"]?.asText ?? "").utf8), bytes: Int(bytes),
        text: Array((item["text"]?.asText ?? "").utf8), peer: peer,
        when: try FaultSchedule(item, at: wall))
    }
  }

  var shown: WireValue {
    FaultSchedule.shown(rules, hits: hits, when: \.when) {
      [
        .init(name: "stream", value: .text($0.stream.rawValue)),
        .init(name: "kind", value: .text($0.kind.rawValue)),
        .init(name: "containing", value: .text(String(decoding: $0.containing, as: UTF8.self))),
      ]
    }
  }
}
