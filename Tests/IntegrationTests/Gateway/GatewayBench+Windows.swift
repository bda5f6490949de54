import FloorIOData
import FloorTestSupport
import Shared
import Testing

/// Windows that pass within seconds.
extension GatewayBench {
  /// Buys five YES shares of a window that is open now. A window of five seconds may close, or the price move away, under a busy machine's
  /// hands: the next one will do.
  ///
  /// - Parameter others: windows that are not wanted.
  /// - Returns: the window, which is `market` now.
  func buyIntoWindow(otherThan others: Set<MarketSlug> = []) throws -> MarketSlug {
    slugWanted = { $0.windowStart != nil && $0.slug.text.contains("-5m-") && !others.contains($0.slug) }
    var endings: [String] = []
    let deadline = SystemClock.monotonic().advanced(by: .seconds(60))
    while SystemClock.monotonic() < deadline {
      try chooseMarket()
      guard let ask = (try? book(.yes))?.bestAsk, ask.size >= Shares(whole: 5) else {
        endings.append("\(market.slug) is over")
        continue
      }
      try publishBook()
      // Three ticks above what is offered now: still inside the collar.
      let above = ask.price.micros + 3 * market.tick.micros
      let price = try #require(Price(micros: min(above, 1_000_000 - market.tick.micros)))
      let entry = try wish(price: price, size: Shares(whole: 5), useful: .seconds(60))
      try send(entry)
      let end = try final(of: entry.terms.intent)
      if end.position > .zero { return market.slug }
      endings.append("\(end.event.rawValue) \(end.reason) \(end.detail)")
    }
    throw NothingBought(endings: endings)
  }

  struct NothingBought: Error { let endings: [String] }
}
