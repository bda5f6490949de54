/// What a buy of a given amount takes from the asks, all or nothing, each fill with its own fee (hammer-model 4). The fee comes on top.
public struct AskWalk: Hashable, Sendable {
  /// A statistic: the venue's own cut of the last fill's size is not known.
  public let shares: Double
  /// Each fill's fee rounded half up to 10⁻⁵ dollars, added.
  public let fee: USD

  /// - Parameters:
  ///   - amount: dollars for shares, > 0.
  ///   - asks: best (lowest) first; those above `limit` are out of reach.
  /// - Returns: `nil` when not all of the amount can be spent: a fill-or-kill order would be killed.
  public init?(spending amount: USD, asks: [BookLevel], limit: Price, fee schedule: TakerFee) {
    var left = Int128(amount.micros) * 1_000_000  // 10⁻¹² dollars, as price times size
    guard left > 0 else { return nil }
    var shares = 0.0
    var fee = USD.zero
    for level in asks where level.price <= limit && level.price > .zero && level.size > .zero {
      let worth = Int128(level.price.micros) * Int128(level.size.micros)
      if worth < left {
        shares += Double(level.size.micros) / 1e6
        fee += schedule.fee(price: level.price, shares: level.size)
        left -= worth
        continue
      }
      let part = divide(left, by: Int128(level.price.micros), rounding: .down)
      shares += Double(left) / Double(level.price.micros) / 1e6
      fee += schedule.fee(price: level.price, shares: Shares(micros: Int64(part)))
      left = 0
      break
    }
    guard left == 0 else { return nil }
    self.shares = shares
    self.fee = fee
  }
}
