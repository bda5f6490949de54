import Shared

/// `Breakout` as a strategy of the floor: ten shares of YES at the ask, and back at the bid.
struct BreakoutStrategy: Strategy {
  static let kind = StrategyKind(
    name: "breakout", summary: "Measures the engine; trades what other engines trade on the same quotes.",
    parameters: [],
    playMoneyOnly: true)

  static let size = Shares(whole: 10)

  private let settings = Breakout.Settings()
  private let weight = Breakout.Settings().weight
  private var states: [MarketSlug: Breakout] = [:]

  init(_ parameters: StrategyParameters) throws(StrategyParameters.Refusal) {}

  mutating func handle(_ event: StrategyEvent, _ context: StrategyContext, _ output: inout StrategyOutput) {
    guard case .market(let update) = event, let bid = update.yes.bestBid?.price, let ask = update.yes.bestAsk?.price
    else { return }
    // A double of a price in thousandths is the nearest to it, as the other engines read it from the file.
    let order = states[update.slug, default: Breakout()].take(
      bid: Double(bid.micros / 1000) / 1000, ask: Double(ask.micros / 1000) / 1000, settings, weight)
    switch order {
    case .none: return
    case .buy: output.want(wish(.enter, update, .buy, ask))
    case .sell: output.want(wish(.exit, update, .sell, bid))
    }
  }

  private func wish(_ action: IntentMessage.Action, _ update: MarketUpdate, _ side: Side, _ price: Price) -> Wish {
    Wish(
      action: action, market: update.slug, outcome: .yes, side: side, type: .fillAndKill, price: price,
      size: BreakoutStrategy.size, usefulFor: .seconds(10), reason: "breakout", evidence: .object([]))
  }

  var checkpoint: JSON { .object([]) }
  mutating func restore(_ checkpoint: JSON) -> Bool { true }
}
