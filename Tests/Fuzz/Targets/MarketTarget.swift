import Shared

/// Lines are frames of the market channel, a second apart, for a market of tokens `1` and `2`. Both readers of frames say the same, and
/// whatever has been applied, the books stand in order.
enum MarketTarget {
  private static let market: Market = {
    let text = """
      {"id":"1","slug":"some-market","question":"?","conditionId":"0x\(String(repeating: "c", count: 64))",
      "outcomes":["Yes","No"],"clobTokenIds":["1","2"],"orderPriceMinTickSize":0.01,"orderMinSize":5,"active":true,
      "acceptingOrders":true,"enableOrderBook":true}
      """
    do {
      return Market(try GammaMarket(try JSON.parse(text)))
    } catch {
      fatalError("the target's own market does not read: \(error)")
    }
  }()

  static func take(_ bytes: [UInt8]) {
    var now = MarketTime(seconds: 1_795_180_560)
    var keeper = BookKeeper(market, policy: BookKeeper.Policy(staleAfter: .seconds(5)), now: now)
    var decoder = MarketFrameDecoder()
    for line in bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 16) {
      let line = Array(line)
      let frame = decoder.decode(line)
      hold(frame == StreamFrame(market: line), "the two readers disagree on a frame")
      for event in frame.events {
        let before = (keeper.top(.yes), keeper.top(.no), keeper.last, keeper.bookEpoch)
        let changed = keeper.apply(event, at: now)
        if !changed {
          let after = (keeper.top(.yes), keeper.top(.no), keeper.last, keeper.bookEpoch)
          hold(before == after, "something changed and was not told")
        }
        check(keeper)
      }
      now = now.advanced(by: .seconds(1))
      _ = keeper.state(at: now)
      _ = keeper.demands(at: now)
    }
  }

  private static func check(_ keeper: BookKeeper) {
    for outcome in Outcome.allCases {
      let book = keeper.book(outcome)
      let bids = book.levels(.buy)
      let asks = book.levels(.sell)
      hold(zip(bids, bids.dropFirst()).allSatisfy { $0.price > $1.price }, "bids out of order: \(bids)")
      hold(zip(asks, asks.dropFirst()).allSatisfy { $0.price < $1.price }, "asks out of order: \(asks)")
      hold((bids + asks).allSatisfy { $0.size > .zero }, "an empty or negative level")
      hold(book.bestBid == bids.first && book.bestAsk == asks.first, "the best prices are not the first levels")
      hold(book.isComplete || (bids.isEmpty && asks.isEmpty), "levels without a first book")
      let top = book.top
      hold(top.bids.elementsEqual(bids.prefix(BookTop.depth)), "the top is not the best bids")
      hold(top.asks.elementsEqual(asks.prefix(BookTop.depth)), "the top is not the best asks")
      hold(top.isCrossed == book.isCrossed, "crossed and not")
    }
  }
}
