import Shared

/// What PolyBolt tells of crypto prices.
private enum Channel: String {
  case spot = "price.crypto"
  case mean = "price.crypto.twap"

  func price(_ report: ReferenceReport) -> Int128? { self == .spot ? report.value : report.mean }
}

/// PolyBolt, the reference prices of the second generation (protocol document, section 5.2): `price.crypto` and `price.crypto.twap`, for
/// holders of API keys, once a second of market time. Pure: gives texts to send.
struct PriceChannel<Peer: Hashable> {
  private struct Wish: Hashable {
    var channel: Channel
    /// `btcusd`
    var symbol: String
    var source: String
  }

  private struct Listener {
    var isKnown = false
    var attempts = 0
    var wishes: [Wish] = []
    /// The last number sent, by channel.
    var sequences: [Channel: Int64] = [:]
  }

  private static var subscriptionsMax: Int { 64 }
  private static var attemptsMax: Int { 8 }
  private static var historySeconds: Int { 120 }

  private var listeners: [Peer: Listener] = [:]

  mutating func opened(_ peer: Peer) { listeners[peer] = Listener() }
  mutating func closed(_ peer: Peer) { listeners[peer] = nil }

  /// A client's frame. `false` when the connection must end: too many wrong keys.
  mutating func heard(
    _ text: [UInt8], from peer: Peer, _ gate: Gate, at now: MarketTime, knows: (String) -> Bool,
    history: (String) -> [ReferenceReport], _ send: (Peer, [UInt8]) -> Void
  ) -> Bool {
    guard var listener = listeners[peer] else { return true }
    defer { listeners[peer] = listener }
    let frame = WireReader.read(text)
    let rid = frame?["rid"]
    func answer(_ fields: (String, WireValue)...) {
      var all = fields
      if let rid { all.insert(("rid", rid), at: 1) }
      send(peer, WireValue.record(all.map { .init(name: $0.0, value: $0.1) }).bytes)
    }
    switch frame?["op"]?.asText {
    case "ping": answer(("op", "pong"))
    case "auth":
      let auth = frame?["auth"]
      listener.isKnown =
        gate.holder(
          apiKey: auth?["apiKey"]?.asText, secret: auth?["secret"]?.asText, passphrase: auth?["passphrase"]?.asText)
        != nil
      if listener.isKnown {
        answer(("op", "authed"))
        return true
      }
      listener.attempts += 1
      let isLast = listener.attempts >= Self.attemptsMax
      answer(("op", "error"), ("code", isLast ? "auth_attempts" : "auth_invalid"))
      return !isLast
    case "subscribe", "unsubscribe":
      guard listener.isKnown else {
        answer(("op", "error"), ("code", "auth_required"))
        return true
      }
      let isNew = frame?["op"]?.asText == "subscribe"
      for item in frame?["subscriptions"]?.asList ?? [] {
        let name = item["channel"] ?? .null
        guard let channel = item["channel"]?.asText.flatMap(Channel.init(rawValue:)) else {
          answer(("op", "error"), ("code", "bad_channel"), ("channel", name))
          continue
        }
        guard let wish = Self.wish(channel, item["filter"], knows) else {
          answer(("op", "error"), ("code", "bad_filter"), ("channel", name))
          continue
        }
        let isHeld = listener.wishes.contains(wish)
        if !isNew {
          listener.wishes.removeAll { $0 == wish }
          answer(("op", "unsubscribed"), ("channel", name))
        } else if !isHeld, listener.wishes.count >= Self.subscriptionsMax {
          answer(("op", "error"), ("code", "sub_limit"), ("channel", name))
        } else {
          if !isHeld { listener.wishes.append(wish) }
          answer(("op", "subscribed"), ("channel", name))
          let past = history(Self.pair(wish.symbol))
          send(peer, Self.snapshot(wish, past, now, &listener.sequences))
        }
      }
    default: answer(("op", "error"), ("code", "bad_op"))
    }
    return true
  }

  mutating func tell(_ report: ReferenceReport, at now: MarketTime, _ send: (Peer, [UInt8]) -> Void) {
    for (peer, listener) in listeners {
      for wish in listener.wishes where Self.pair(wish.symbol) == report.symbol {
        guard let price = wish.channel.price(report) else { continue }
        let text = Self.update(wish, report.at, price, now, &listeners[peer, default: Listener()].sequences)
        send(peer, text)
      }
    }
  }

  private static func wish(
    _ channel: Channel, _ filter: WireValue?, _ knows: (String) -> Bool
  ) -> Wish? {
    guard let symbol = filter?["symbol"]?.asText?.lowercased(), symbol.utf8.count > 3, symbol.hasSuffix("usd"),
      knows(pair(symbol)), channel == .spot || filter?["window_seconds"]?.asNumber == 60
    else { return nil }
    let source = filter?["provider"]?.asText ?? (channel == .spot ? "pyth" : "chainlink")
    guard ["pyth", "chainlink"].contains(source) else { return nil }
    return Wish(channel: channel, symbol: symbol, source: source)
  }

  /// `btcusd` is what the reference source calls `btc/usd`.
  private static func pair(_ symbol: String) -> String { symbol.dropLast(3) + "/usd" }

  // MARK: - Frames

  private static func snapshot(
    _ wish: Wish, _ past: [ReferenceReport], _ now: MarketTime, _ sequences: inout [Channel: Int64]
  ) -> [UInt8] {
    var out = head(wish, now, &sequences)
    out.raw(",\"snapshot\":true,\"payload\":")
    subject(wish, &out)
    out.raw(",\"data\":[")
    let known = past.compactMap { report in wish.channel.price(report).map { (report.at, $0) } }
    for (index, (at, price)) in known.suffix(historySeconds).enumerated() {
      out.raw(index == 0 ? "{" : ",{")
      point(at, price, &out)
      out.raw("}")
    }
    out.raw("]}}")
    return out.bytes
  }

  private static func update(
    _ wish: Wish, _ at: MarketTime, _ price: Int128, _ now: MarketTime, _ sequences: inout [Channel: Int64]
  ) -> [UInt8] {
    var out = head(wish, now, &sequences)
    out.raw(",\"payload\":")
    subject(wish, &out)
    out.raw(",")
    point(at, price, &out)
    out.raw("}}")
    return out.bytes
  }

  private static func head(_ wish: Wish, _ now: MarketTime, _ sequences: inout [Channel: Int64]) -> WireWriter {
    let number = (sequences[wish.channel] ?? 0) + 1
    sequences[wish.channel] = number
    var out = WireWriter(capacity: 300)
    out.raw("{\"v\":1,\"channel\":")
    out.plain(wish.channel.rawValue)
    out.raw(",\"seq\":")
    out.integer(number)
    out.raw(",\"ts\":")
    out.integer(now.milliseconds)
    return out
  }

  private static func subject(_ wish: Wish, _ out: inout WireWriter) {
    out.raw("{\"symbol\":")
    out.plain(wish.symbol)
    out.raw(",\"source\":")
    out.plain(wish.source)
    if wish.channel == .mean { out.raw(",\"window_seconds\":60") }
  }

  private static func point(_ at: MarketTime, _ price: Int128, _ out: inout WireWriter) {
    let text = WireAttos.text(price)
    out.raw("\"timestamp\":")
    out.integer(at.milliseconds)
    out.raw(",\"value\":")
    out.raw(text)
    out.raw(",\"full_accuracy_value\":\"")
    out.raw(text)
    out.raw("\"")
  }
}
