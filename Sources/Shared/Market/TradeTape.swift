/// How much takers have moved either way: shares bought of YES or sold of NO, and the reverse. Counted from when the feed began to follow
/// the market and only ever growing, so that whoever missed a message, or got several folded into one, misses no volume. A feed that
/// starts anew counts from nothing.
public struct TakerFlow: Hashable, Sendable {
  public var towardYes: Shares
  public var towardNo: Shares

  public static let none = TakerFlow(towardYes: .zero, towardNo: .zero)

  public init(towardYes: Shares, towardNo: Shares) {
    self.towardYes = towardYes
    self.towardNo = towardNo
  }

  /// At the largest number the counter stays: sizes come from strangers.
  mutating func add(_ trade: LastTrade) {
    let isTowardYes = (trade.side == .buy) == (trade.outcome == .yes)
    let counter = isTowardYes ? \TakerFlow.towardYes : \TakerFlow.towardNo
    let (sum, isTooMuch) = self[keyPath: counter].micros.addingReportingOverflow(trade.size.micros)
    self[keyPath: counter] = Shares(micros: isTooMuch ? .max : sum)
  }
}

/// The matches of one market as the stream tells them: the last one, and how much was taken so far. Pure.
struct TradeTape: Sendable {
  private(set) var last: LastTrade?
  private(set) var flow = TakerFlow.none
  private var time: MarketTime?

  /// Takes a match. Answers whether it is news: one that arrives late, or once more, is not.
  mutating func take(_ trade: VenueLastTrade, of outcome: Outcome) -> Bool {
    guard time.map({ trade.time >= $0 }) ?? true else { return false }
    let news = LastTrade(outcome: outcome, side: trade.side, price: trade.price, size: trade.size)
    let isRepeated = time == trade.time && last == news
    time = trade.time
    last = news
    if !isRepeated { flow.add(news) }
    return !isRepeated
  }

  /// A venue that was restored from an older state stamps earlier than before.
  mutating func connectionLost() { time = nil }
}
