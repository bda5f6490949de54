/// What a strategy may see: the newest state of everything the agent follows. Kept by the agent, read-only for the strategy.
public struct StrategyContext: Sendable {
  /// Market time of the event. Never runs backwards.
  public var now: MarketTime
  /// Why no new entries are made at the moment; `nil` when they are.
  public var entriesClosed: RefusalReason?
  public var markets = MarketTable()
  public var positions = PositionBook()
  public var flights = FlightBook()
  private var references: [ReferenceKey: ReferencePrice] = [:]

  private struct ReferenceKey: Hashable, Sendable {
    let symbol: String
    let kind: ReferenceKind
  }

  public init(now: MarketTime = MarketTime(nanoseconds: 0)) { self.now = now }

  /// The newest tick of a reference series.
  public func reference(_ symbol: String, _ kind: ReferenceKind) -> ReferencePrice? {
    references[ReferenceKey(symbol: symbol, kind: kind)]
  }

  mutating func put(_ price: ReferencePrice) {
    references[ReferenceKey(symbol: price.symbol, kind: price.kind)] = price
  }

  /// Is anything of ours in or on its way to this market's book, or might it be?
  public func isBusy(_ market: MarketSlug) -> Bool {
    flights.contains { $0.terms.market == market }
  }
}

/// Markets by slug, in the order of their slugs: iterating is deterministic.
public struct MarketTable: Sendable {
  public private(set) var all: [MarketUpdate] = []

  public subscript(_ slug: MarketSlug) -> MarketUpdate? {
    let index = position(of: slug)
    return index < all.count && all[index].slug == slug ? all[index] : nil
  }

  mutating func put(_ update: MarketUpdate) {
    let index = position(of: update.slug)
    if index < all.count, all[index].slug == update.slug { all[index] = update } else { all.insert(update, at: index) }
  }

  mutating func remove(where condition: (MarketUpdate) -> Bool) { all.removeAll(where: condition) }

  /// Marks every open market stale: what was known is kept, but nothing may be entered on it.
  mutating func blind() {
    for index in all.indices where all[index].state == .live { all[index].state = .stale }
  }

  private func position(of slug: MarketSlug) -> Int {
    var low = 0
    var high = all.count
    while low < high {
      let middle = (low + high) / 2
      if all[middle].slug < slug { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
