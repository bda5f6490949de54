extension FillRecord {
  /// Our order's share of a venue trade, or `nil` when it has none (or one beyond any reason).
  ///
  /// A maker deals at its own price, the fraction of a micro-dollar rounded down. A taker's cash is the sum over its makers: what the
  /// maker of the same token pays or gets, or, in a mint or merge with a maker of the other token, what that maker leaves of the
  /// dollar each set is worth. That is exact also when the makers' prices differ, where the trade's own price is only an average. The
  /// fee is rounded once for each price, as the venue does.
  public init?(
    _ trade: VenueTrade, order: VenueOrderID, side ownSide: Side, token ownToken: TokenID, fee: TakerFee,
    road: EvidenceRoad
  ) {
    let parts = trade.parts { $0 == order }
    guard let first = parts.first else { return nil }
    var size = Shares.zero
    var cash = USD.zero
    var taken: [(price: Price, shares: Shares)] = []
    func take(_ shares: Shares, at price: Price) {
      if let index = taken.firstIndex(where: { $0.price == price }) {
        taken[index].shares += shares
      } else {
        taken.append((price, shares))
      }
    }
    for part in parts {
      if part.isTaker, !trade.makers.isEmpty {
        for maker in trade.makers where maker.order != order {
          guard let makerCash = try? USD(maker.price, times: maker.size, rounding: .down) else { return nil }
          let same = maker.token == trade.token
          size += maker.size
          cash += same ? makerCash : USD(micros: maker.size.micros) - makerCash
          take(maker.size, at: same ? maker.price : maker.price.complement)
        }
      } else {
        guard let value = try? USD(part.price, times: part.size, rounding: .down) else { return nil }
        size += part.size
        cash += value
        if part.isTaker { take(part.size, at: part.price) }
      }
    }
    guard size > .zero, size.micros < 1_000_000_000_000_000 else { return nil }
    let average = divide(Int128(cash.micros) * 1_000_000, by: Int128(size.micros), rounding: .nearest)
    key = FillKey(trade: trade.id, order: order)
    token = ownToken
    side = ownSide
    self.size = size
    price = Price(micros: Int64(average)) ?? first.price
    self.cash = cash
    self.fee = taken.reduce(.zero) { $0 + fee.fee(price: $1.price, shares: $1.shares) }
    isTaker = first.isTaker
    settlement = SettlementState(trade.status)
    matchedAt = trade.matchedAt
    self.road = road
  }
}
