import Shared

/// Who listens to an account (protocol document, section 4.4). Pure: gives texts to send.
struct UserChannel<Peer: Hashable> {
  private struct Listener {
    var account: Int?
    var apiKey = ""
    /// Condition ids; `nil` means all.
    var markets: Set<String>?
  }

  private var listeners: [Peer: Listener] = [:]

  mutating func opened(_ peer: Peer) { listeners[peer] = Listener() }
  mutating func closed(_ peer: Peer) { listeners[peer] = nil }

  /// A client's frame. `false` when the connection must end: bad credentials.
  mutating func heard(
    _ text: [UInt8], from peer: Peer, _ gate: Gate, _ state: VenueState, _ send: (Peer, [UInt8]) -> Void
  ) -> Bool {
    if text.elementsEqual("PING".utf8) {
      send(peer, Array("PONG".utf8))
      return true
    }
    guard let frame = WireReader.read(text), let listener = listeners[peer] else { return true }
    let markets = frame["markets"]?.asList.map { Set($0.compactMap { $0.asText?.lowercased() }) }
    if listener.account == nil {
      let auth = frame["auth"]
      guard
        let key = gate.holder(
          apiKey: auth?["apiKey"]?.asText, secret: auth?["secret"]?.asText, passphrase: auth?["passphrase"]?.asText),
        let account = state.clients.account(apiKey: key.apiKey)
      else { return false }
      listeners[peer] = Listener(
        account: account, apiKey: key.apiKey, markets: markets.flatMap { $0.isEmpty ? nil : $0 })
    } else if let markets {
      switch frame["operation"]?.asText {
      case "subscribe": listeners[peer]?.markets = (listener.markets ?? []).union(markets)
      case "unsubscribe": listeners[peer]?.markets = (listener.markets ?? []).subtracting(markets)
      default: break
      }
    }
    return true
  }

  func tell(_ account: Int, _ slug: String, _ event: UserEvent, _ state: VenueState, _ send: (Peer, [UInt8]) -> Void) {
    let condition = state.clients.market(slug)?.conditionID ?? ""
    for (peer, listener) in listeners where listener.account == account {
      if let markets = listener.markets, !markets.contains(condition) { continue }
      switch event {
      case .order(let order, let change):
        send(peer, AccountText.orderEvent(order, change, listener.apiKey, state).bytes)
      case .trade(let trade): send(peer, AccountText.tradeEvent(trade, account, listener.apiKey, state).bytes)
      }
    }
  }
}
