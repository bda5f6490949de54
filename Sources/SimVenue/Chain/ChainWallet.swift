import Shared

/// A wallet as the Data API knows it: who it is, and what it holds of each token.
struct ChainWallet: Sendable {
  /// Lower case.
  let address: String
  let name: String
  let pseudonym: String
  /// By market index and outcome (`key`); also those of which nothing is left, the oldest of which are forgotten in the end.
  private(set) var positions: [Int: WalletPosition] = [:]
  /// Seconds of market time of its first event.
  private(set) var joined: Int64?

  private static let positionsMax = 4_000

  init(address: String, name: String) {
    self.address = address
    self.name = name
    let hash = Digests.sha256(Array(address.utf8))
    let words = ["Patient", "Quiet", "Brisk", "Amber", "Distant", "Humble", "Sunny", "Wry"]
    let birds = ["Heron", "Finch", "Plover", "Kestrel", "Wren", "Avocet", "Siskin", "Dunlin"]
    pseudonym = "\(words[Int(hash[0]) % words.count])-\(birds[Int(hash[1]) % birds.count])"
  }

  static func key(_ market: Int, _ outcome: Outcome) -> Int { market * 2 + outcome.index }
  static func place(_ key: Int) -> (market: Int, outcome: Outcome) { (key / 2, key % 2 == 0 ? .yes : .no) }

  func held(_ market: Int, _ outcome: Outcome) -> Shares { positions[Self.key(market, outcome)]?.shares ?? .zero }

  /// Does what the event says to the positions.
  /// - Returns: what it won or lost.
  mutating func apply(_ event: ChainEvent) -> USD {
    let second = event.now.market.seconds
    if joined == nil { joined = second }
    guard let market = event.market else { return .zero }
    let half = USD(micros: event.cash.micros / 2)
    switch (event.kind, event.outcome) {
    case (.trade, let outcome?) where event.side == .buy:
      add(market, outcome, event.shares, event.cash, event.fee, second)
      return .zero
    case (.trade, let outcome?), (.redeem, let outcome?):
      return remove(market, outcome, event.shares, event.cash - event.fee, second)
    case (.split, _):
      // A set costs a dollar; each half of it counts as half of that.
      add(market, .yes, event.shares, half, .zero, second)
      add(market, .no, event.shares, event.cash - half, .zero, second)
      return .zero
    case (.merge, _), (.redeem, nil):
      return remove(market, .yes, event.shares, half, second)
        + remove(market, .no, event.shares, event.cash - half, second)
    case (.conversion, .no?): return remove(market, .no, event.shares, event.cash, second)
    case (.conversion, _):
      add(market, .yes, event.shares, event.cash, .zero, second)
      return .zero
    case (.trade, nil), (.deposit, _), (.makerRebate, _): return .zero
    }
  }

  private mutating func add(
    _ market: Int, _ outcome: Outcome, _ shares: Shares, _ cost: USD, _ fee: USD, _ second: Int64
  ) {
    let key = Self.key(market, outcome)
    if positions[key] == nil, positions.count >= Self.positionsMax { forget() }
    positions[key, default: WalletPosition(at: second)].add(shares, cost: cost, fee: fee, at: second)
  }

  private mutating func remove(
    _ market: Int, _ outcome: Outcome, _ shares: Shares, _ proceeds: USD, _ second: Int64
  ) -> USD {
    positions[Self.key(market, outcome), default: WalletPosition(at: second)]
      .remove(shares, proceeds: proceeds, at: second)
  }

  /// Makes room: the older half of what is over goes.
  private mutating func forget() {
    let over = positions.filter { $0.value.shares == .zero }.sorted { $0.value.lastAt < $1.value.lastAt }
    for (key, _) in over.prefix(over.count / 2) { positions[key] = nil }
  }
}
