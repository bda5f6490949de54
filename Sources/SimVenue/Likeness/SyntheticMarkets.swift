import Shared

/// Measures the synthetic life the way recorded markets are measured: the five-minute bitcoin window that runs, second by second, in
/// market time and without a wire.
enum SyntheticMarkets {
  /// - Parameter seconds: how long to look, after a first half minute in which the books fill.
  static func measure(_ settings: SyntheticSource.Settings, seconds: Int64) -> MarketFeatures {
    var features = MarketFeatures()
    var life = SyntheticSource(settings: settings)
    let begin = MarketTime(seconds: 1_800_000_000)
    var state = VenueState(rules: VenueRules(), now: Now(wall: WallTime(seconds: 1_800_000_000), market: begin))
    life.begin(&state)
    _ = state.takeEffects()
    let warm = begin.advanced(by: .seconds(30))
    let end = warm.advanced(by: .seconds(seconds))
    var market: Int?
    var messages = 0
    var print: Double?
    while let due = life.next, due <= end {
      state.advance(to: Now(wall: state.now.wall.advanced(by: ReferencePath.step), market: due))
      life.run(&state)
      let effects = state.takeEffects()
      let current = state.clients.marketIndex["btc-updown-5m-\(due.seconds / 300 * 300)"]
      if current != market {
        market = current
        messages = 0
        print = nil
        features.breakRun()
      }
      guard let market, due > warm else { continue }
      for case .notice(let notice) in effects {
        switch notice {
        case .book(market): messages += 1
        case .traded(market, let outcome, _, let price, let shares, _):
          features.add(.tradeSize, Double(shares.micros) / 1_000_000)
          print = Double((outcome == .yes ? price : price.complement).micros) / 10_000
        default: break
        }
      }
      guard due.nanoseconds % 1_000_000_000 == 0 else { continue }
      features.add(.updates, Double(messages))
      messages = 0
      let book = state.live[market].book
      features.addSecond(bids: levels(book, .buy), asks: levels(book, .sell))
      if let print, let reference = life.history("btc/usd").last?.value {
        features.add(.init(market: print, reference: Double(reference) / 1e18))
      }
    }
    return features
  }

  private static func levels(_ book: MatchingBook, _ side: Side) -> [MarketFeatures.Level] {
    var levels: [MarketFeatures.Level] = []
    book.forEachLevel(.yes, side) { levels.append(.init(price: $0, size: $1)) }
    return levels.sorted { side == .buy ? $0.price > $1.price : $0.price < $1.price }
  }
}
