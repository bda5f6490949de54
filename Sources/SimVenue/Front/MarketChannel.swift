import Shared

/// Who listens to which books, and what they are told (protocol document, sections 4.2 and 4.3). Pure: gives texts to send.
struct MarketChannel<Peer: Hashable> {
  private struct Listener {
    /// Bit 1 for outcome 0, bit 2 for outcome 1, by market index.
    var markets: [Int: UInt8] = [:]
    /// `best_bid_ask`, `new_market` and `market_resolved` too.
    var wantsMore = false
  }

  private var listeners: [Peer: Listener] = [:]
  private var audience: [Int: Set<Peer>] = [:]
  private var tops: [Int: [Price?]] = [:]

  typealias Sending = (Peer, [UInt8]) -> Void

  mutating func opened(_ peer: Peer) { listeners[peer] = Listener() }

  mutating func closed(_ peer: Peer) {
    guard let listener = listeners.removeValue(forKey: peer) else { return }
    for market in listener.markets.keys { audience[market]?.remove(peer) }
  }

  func isListened(_ market: Int) -> Bool { audience[market]?.isEmpty == false }

  /// A client's frame. A subscription is answered with the whole book of each asset.
  mutating func heard(_ text: [UInt8], from peer: Peer, _ state: VenueState, _ send: Sending) {
    if text.elementsEqual("PING".utf8) {
      send(peer, Array("PONG".utf8))
      return
    }
    guard let frame = WireReader.read(text) else { return }
    let assets = (frame["assets_ids"]?.asList ?? []).compactMap(\.asText)
    if let more = frame["custom_feature_enabled"]?.asFlag { listeners[peer]?.wantsMore = more }
    if frame["operation"]?.asText == "unsubscribe" {
      for asset in assets { leave(peer, asset, state) }
      return
    }
    let dumps = frame["initial_dump"]?.asFlag ?? true
    for asset in assets {
      guard let (market, outcome) = state.market(token: asset) else { continue }
      listeners[peer]?.markets[market, default: 0] |= UInt8(1 << outcome.index)
      audience[market, default: []].insert(peer)
      if dumps, state.live[market].isOpen { send(peer, BookText.write(market, outcome, state, event: true)) }
    }
  }

  private mutating func leave(_ peer: Peer, _ asset: String, _ state: VenueState) {
    guard let (market, outcome) = state.market(token: asset), let bits = listeners[peer]?.markets[market] else {
      return
    }
    let left = bits & ~UInt8(1 << outcome.index)
    listeners[peer]?.markets[market] = left == 0 ? nil : left
    if left == 0 { audience[market]?.remove(peer) }
  }

  mutating func tell(_ notice: Notice, _ state: VenueState, _ send: Sending) {
    switch notice {
    case .listed(let market):
      let peers = listeners.filter { $0.value.wantsMore }.keys
      guard !peers.isEmpty else { return }
      let text = MarketEvents.listed(market, state)
      for peer in peers { send(peer, text) }
    case .levels(let market, let changes, let bid, let ask):
      guard isListened(market) else { return }
      broadcast(market, MarketEvents.levels(market, changes, bid: bid, ask: ask, state), send)
      tellTops(market, bid: bid, ask: ask, state, send)
    case .traded(let market, let outcome, let side, let price, let shares, let hash):
      guard isListened(market) else { return }
      broadcast(
        market, MarketEvents.traded(market, outcome, side, price, shares, hash, state), only: outcome, send)
    case .book(let market):
      guard isListened(market) else { return }
      for outcome in Outcome.allCases where wants(market, outcome) {
        broadcast(market, BookText.write(market, outcome, state, event: true), only: outcome, send)
      }
      let book = state.live[market].book
      tellTops(market, bid: book.bestBid(.yes), ask: book.bestAsk(.yes), state, send)
    case .tick(let market, let old, let new):
      for outcome in Outcome.allCases where wants(market, outcome) {
        broadcast(market, MarketEvents.tick(market, outcome, old, new, state), only: outcome, send)
      }
    case .resolved(let market, let winner):
      guard isListened(market) else { return }
      let text = MarketEvents.resolved(market, winner, state)
      for peer in audience[market] ?? [] where listeners[peer]?.wantsMore == true { send(peer, text) }
    }
  }

  private func wants(_ market: Int, _ outcome: Outcome) -> Bool {
    (audience[market] ?? []).contains { (listeners[$0]?.markets[market] ?? 0) & UInt8(1 << outcome.index) != 0 }
  }

  private func broadcast(_ market: Int, _ text: [UInt8], only outcome: Outcome? = nil, _ send: Sending) {
    for peer in audience[market] ?? [] {
      if let outcome, (listeners[peer]?.markets[market] ?? 0) & UInt8(1 << outcome.index) == 0 { continue }
      send(peer, text)
    }
  }

  /// `best_bid_ask` when the top of the book (of YES, as of the event just sent) is another one than last told.
  private mutating func tellTops(_ market: Int, bid: Price?, ask: Price?, _ state: VenueState, _ send: Sending) {
    let top = [bid, ask]
    guard tops[market] != top else { return }
    tops[market] = top
    let peers = (audience[market] ?? []).filter { listeners[$0]?.wantsMore == true }
    guard !peers.isEmpty else { return }
    for outcome in Outcome.allCases {
      let text = MarketEvents.top(market, outcome, yesBid: bid, yesAsk: ask, state)
      for peer in peers where (listeners[peer]?.markets[market] ?? 0) & UInt8(1 << outcome.index) != 0 {
        send(peer, text)
      }
    }
  }
}
