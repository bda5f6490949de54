import Shared

/// The RTDS price topics (protocol document, section 5.1): `crypto_prices_chainlink`, `crypto_prices_twap_sixty` and, where the source of
/// life has exchange prices, `crypto_prices`, about once a second of market time. Pure: gives texts to send.
struct ReferenceChannel<Peer: Hashable> {
  private enum Topic: String {
    case spot = "crypto_prices_chainlink"
    case mean = "crypto_prices_twap_sixty"
    case exchange = "crypto_prices"

    func price(_ report: ReferenceReport) -> Int128? {
      switch self {
      case .spot: report.value
      case .mean: report.mean
      case .exchange: report.exchange
      }
    }

    /// `btc/usd` is `btcusdt` at the exchange.
    func name(_ symbol: String) -> String {
      self == .exchange ? symbol.prefix { $0 != "/" } + "usdt" : symbol
    }
  }

  private struct Wish: Hashable {
    var topic: Topic
    /// As the topic calls it; `nil` means every symbol.
    var symbol: String?
  }

  private var listeners: [Peer: Set<Wish>] = [:]

  mutating func opened(_ peer: Peer) { listeners[peer] = [] }
  mutating func closed(_ peer: Peer) { listeners[peer] = nil }

  /// A client's frame. With a symbol filter the last minutes come at once.
  mutating func heard(
    _ text: [UInt8], from peer: Peer, at now: MarketTime, history: (String) -> [ReferenceReport],
    _ send: (Peer, [UInt8]) -> Void
  ) {
    if text.elementsEqual("PING".utf8) || text.elementsEqual("ping".utf8) {
      send(peer, Array((text[0] == 0x50 ? "PONG" : "pong").utf8))
      return
    }
    guard let frame = WireReader.read(text), let action = frame["action"]?.asText else { return }
    for item in frame["subscriptions"]?.asList ?? [] {
      guard let name = item["topic"]?.asText else { continue }
      guard let topic = Topic(rawValue: name) else {
        send(peer, WireValue.object(("message", .text("topic not found: \(name)"))).bytes)
        continue
      }
      let filter = item["filters"]?.asText.flatMap { $0.isEmpty ? nil : WireReader.read($0) }
      let wish = Wish(topic: topic, symbol: filter?["symbol"]?.asText?.lowercased())
      if action == "unsubscribe" {
        listeners[peer]?.remove(wish)
      } else {
        listeners[peer]?.insert(wish)
        guard let symbol = wish.symbol else { continue }
        let pair = topic == .exchange && symbol.hasSuffix("usdt") ? symbol.dropLast(4) + "/usd" : symbol
        send(peer, dump(topic, symbol, now, history(pair)))
      }
    }
  }

  func tell(_ report: ReferenceReport, at now: MarketTime, _ send: (Peer, [UInt8]) -> Void) {
    guard !listeners.isEmpty else { return }
    for topic in [Topic.spot, .mean, .exchange] {
      guard let price = topic.price(report) else { continue }
      let peers = listeners.filter {
        $0.value.contains(Wish(topic: topic, symbol: nil))
          || $0.value.contains(Wish(topic: topic, symbol: topic.name(report.symbol)))
      }.keys
      guard !peers.isEmpty else { continue }
      let text = update(topic, report, price, now)
      for peer in peers { send(peer, text) }
    }
  }

  private func update(_ topic: Topic, _ report: ReferenceReport, _ price: Int128, _ now: MarketTime) -> [UInt8] {
    var out = head(topic, "update", now)
    out.raw("{\"symbol\":")
    out.plain(topic.name(report.symbol))
    out.raw(",\"timestamp\":")
    out.integer(report.at.milliseconds)
    out.raw(",\"value\":")
    out.raw(WireAttos.text(price))
    if topic == .mean {
      out.raw(",\"window_s\":60,\"full_accuracy_value\":\"")
      out.raw(String(price))
      out.raw("\"")
    }
    out.raw("},\"connection_id\":\"sim\"}")
    return out.bytes
  }

  private func dump(_ topic: Topic, _ symbol: String, _ now: MarketTime, _ past: [ReferenceReport]) -> [UInt8] {
    var out = head(topic, "subscribe", now)
    out.raw("{\"symbol\":")
    out.quoted(symbol)
    out.raw(",\"data\":[")
    let known = past.compactMap { report in topic.price(report).map { (report.at, $0) } }
    for (index, (at, price)) in known.suffix(180).enumerated() {
      out.raw(index == 0 ? "{\"timestamp\":" : ",{\"timestamp\":")
      out.integer(at.milliseconds)
      out.raw(",\"value\":")
      out.raw(WireAttos.text(price))
      out.raw("}")
    }
    out.raw("]},\"connection_id\":\"sim\"}")
    return out.bytes
  }

  private func head(_ topic: Topic, _ type: StaticString, _ now: MarketTime) -> WireWriter {
    var out = WireWriter(capacity: 300)
    out.raw("{\"topic\":")
    out.plain(topic.rawValue)
    out.raw(",\"type\":\"")
    out.raw(type)
    out.raw("\",\"timestamp\":")
    out.integer(now.milliseconds)
    out.raw(",\"payload\":")
    return out
  }
}
