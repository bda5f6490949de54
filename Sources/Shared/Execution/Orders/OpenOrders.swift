/// The intents whose orders are not terminal, oldest first; of one market, and of one agent, too: a new wish is compared with a few, however
/// many are open.
struct OpenOrders: Sequence, Sendable {
  private(set) var all: [IntentID] = []
  private var ofMarket: [MarketSlug: [IntentID]] = [:]
  private var ofAgent: [AgentName: [IntentID]] = [:]

  func `in`(_ market: MarketSlug) -> [IntentID] { ofMarket[market] ?? [] }
  func of(_ agent: AgentName) -> [IntentID] { ofAgent[agent] ?? [] }

  /// - Precondition: it is not there yet.
  mutating func append(_ terms: IntentMessage.Terms) {
    all.append(terms.intent)
    ofMarket[terms.market, default: []].append(terms.intent)
    ofAgent[terms.agent, default: []].append(terms.intent)
  }

  mutating func remove(_ terms: IntentMessage.Terms) {
    all.removeAll { $0 == terms.intent }
    Self.remove(terms.intent, &ofMarket[terms.market])
    Self.remove(terms.intent, &ofAgent[terms.agent])
  }

  private static func remove(_ intent: IntentID, _ list: inout [IntentID]?) {
    list?.removeAll { $0 == intent }
    if list?.isEmpty == true { list = nil }
  }

  func makeIterator() -> IndexingIterator<[IntentID]> { all.makeIterator() }
}
