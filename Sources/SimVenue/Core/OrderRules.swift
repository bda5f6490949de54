import Shared

/// Why the venue refuses an order, in its own words (protocol document, section 2.15).
struct OrderRefusal: Error, Hashable, Sendable {
  var status = 400
  var text: String
}

/// From the signed amounts to terms, with every check that needs no account and no book.
enum OrderRules {
  /// A posted order whose signature and owner have been verified.
  struct Posted: Hashable, Sendable {
    var id: String
    var account: Int
    var token: String
    var side: Side
    var makerAmount: Int64
    var takerAmount: Int64
    var timeInForce: TimeInForce
    var postOnly: Bool
    var expiration: Int64
  }

  static func terms(
    _ posted: Posted, outcome: Outcome, spec: MarketSpec, tick: PriceTick, rules: VenueRules, now: MarketTime
  ) throws(OrderRefusal) -> OrderTerms {
    guard posted.makerAmount > 0, posted.takerAmount > 0 else { throw OrderRefusal(text: "Invalid order payload") }
    if posted.postOnly, !posted.timeInForce.rests { throw OrderRefusal(text: "invalid order params payload") }
    let isBuy = posted.side == .buy
    let size = Shares(micros: isBuy ? posted.takerAmount : posted.makerAmount)
    let money = isBuy ? posted.makerAmount : posted.takerAmount
    let price = try limit(posted, money: money, shares: size.micros, tick: tick)
    if posted.timeInForce.rests {
      guard size >= spec.minimumSize else {
        throw OrderRefusal(
          text: "order \(posted.id) is invalid. Size (\(size)) lower than the minimum: \(spec.minimumSize)")
      }
    } else if isBuy, USD(micros: money) < rules.minimumTaking {
      throw tooSmall(money, rules)
    }
    if posted.timeInForce == .goodTillDate {
      guard MarketTime(seconds: posted.expiration) > now.advanced(by: rules.expiryMargin) else {
        throw OrderRefusal(text: "invalid expiration")
      }
    } else if posted.expiration != 0 {
      throw OrderRefusal(text: "invalid expiration")
    }
    return OrderTerms(
      id: posted.id, account: posted.account, slug: spec.slug, outcome: outcome, side: posted.side, price: price,
      size: size, makerAmount: posted.makerAmount, timeInForce: posted.timeInForce, postOnly: posted.postOnly,
      expiration: posted.expiration)
  }

  static func tooSmall(_ money: Int64, _ rules: VenueRules) -> OrderRefusal {
    OrderRefusal(
      text: "invalid amount for a marketable \(Side.buy.rawValue) order ($\(WireDecimal.text(money))), "
        + "min size: $\(rules.minimumTaking)")
  }

  /// The limit price that the amounts express (section 2.8): a resting order must stand on the grid to the micro-dollar; a taking one is
  /// brought to the grid within a thousandth of a tick, because a market order's amounts rarely divide.
  private static func limit(
    _ posted: Posted, money: Int64, shares: Int64, tick: PriceTick
  ) throws(OrderRefusal) -> Price {
    let exact = Int128(money) * 1_000_000  // price in micros, times shares
    let unit = Int128(tick.micros) * Int128(shares)
    let steps: Int128
    if posted.timeInForce.rests {
      steps = divide(exact, by: unit, rounding: .nearest)
      guard (exact - steps * unit).magnitude <= 1_000_000 else { throw offGrid(posted, exact, shares, tick) }
    } else {
      let slack = unit / 1000
      steps = posted.side == .buy ? (exact + slack) / unit : divide(max(exact - slack, 0), by: unit, rounding: .up)
    }
    guard steps > 0, let price = Price(micros: Int64(clamping: steps * Int128(tick.micros))), tick.allows(price) else {
      throw offGrid(posted, exact, shares, tick)
    }
    return price
  }

  private static func offGrid(_ posted: Posted, _ exact: Int128, _ shares: Int64, _ tick: PriceTick) -> OrderRefusal {
    let price = WireDecimal.text(Int64(clamping: exact / Int128(shares)))
    return OrderRefusal(text: "order \(posted.id) is invalid. Price (\(price)) breaks minimum tick size rule: \(tick)")
  }
}
