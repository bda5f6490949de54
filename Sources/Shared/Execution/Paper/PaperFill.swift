/// What one of our orders got out of one level of the live book.
public struct PaperFill: Hashable, Sendable {
  /// Counts the fills of this account, from 1.
  public let number: Int64
  public let order: VenueOrderID
  public let token: TokenID
  public let condition: ConditionID
  public let side: Side
  /// The level's price for a taker, the order's own for a maker.
  public let price: Price
  public let size: Shares
  /// Zero for a maker.
  public let fee: USD
  public let isTaker: Bool
  /// The level of the other side that was taken; its liquidity is not there a second time.
  public let level: Price
  public let at: MarketTime

  public init(
    number: Int64, order: VenueOrderID, token: TokenID, condition: ConditionID, side: Side, price: Price, size: Shares,
    fee: USD, isTaker: Bool, level: Price, at: MarketTime
  ) {
    self.number = number
    self.order = order
    self.token = token
    self.condition = condition
    self.side = side
    self.price = price
    self.size = size
    self.fee = fee
    self.isTaker = isTaker
    self.level = level
    self.at = at
  }

  public var trade: VenueTradeID { VenueTradeID("paper-\(number)")! }
  /// Dollars for the shares, without the fee; a fraction of a micro-dollar is dropped, as the ledger drops it (`FillRecord`).
  public var cash: USD { PaperExchange.worth(price, size, rounding: .down) }

  /// How long a match takes to be confirmed. The chain takes a few seconds.
  public static let confirmation = Duration.seconds(2)

  /// The match as the venue would tell it. Whoever stood on the other side is unknown: an order of zeroes and the fill's number.
  public func venueTrade(at now: MarketTime) -> VenueTrade {
    let digits = String(number, radix: 16)
    let other = VenueOrderID("0x" + String(repeating: "0", count: 64 - digits.count) + digits)!
    let counter: Side = side == .buy ? .sell : .buy
    let maker =
      isTaker
      ? VenueTrade.Maker(order: other, owner: "", token: token, side: counter, price: price, size: size)
      : VenueTrade.Maker(order: order, owner: "paper", token: token, side: side, price: price, size: size)
    return VenueTrade(
      id: trade, status: now.since(at) >= Self.confirmation ? .confirmed : .matched, market: condition,
      takerOrder: isTaker ? order : other, token: token, side: isTaker ? side : counter, price: price, size: size,
      makers: [maker], matchedAt: at, updatedAt: at, transactionHash: nil, weAreTaker: isTaker)
  }
}

extension PaperFill {
  var json: JSON {
    [
      "number": .int(number), "order": .text(order), "token": .text(token), "condition": .text(condition),
      "side": .string(side.rawValue), "price": .text(price), "size": .text(size), "fee": .text(fee),
      "taker": .bool(isTaker), "level": .text(level), "at_ns": .int(at.nanoseconds),
    ]
  }

  init?(_ json: JSON) {
    guard let number = json["number"]?.int, number > 0, let order = json["order"]?.string.flatMap(VenueOrderID.init),
      let token = json["token"]?.string.flatMap(TokenID.init),
      let condition = json["condition"]?.string.flatMap(ConditionID.init),
      let side = json["side"]?.string.flatMap(Side.init(rawValue:)), let price = json["price"]?.price,
      let size = json["size"]?.shares, let fee = json["fee"]?.usd, let isTaker = json["taker"]?.bool,
      let level = json["level"]?.price, let at = json["at_ns"]?.int
    else { return nil }
    self.init(
      number: number, order: order, token: token, condition: condition, side: side, price: price, size: size, fee: fee,
      isTaker: isTaker, level: level, at: MarketTime(nanoseconds: at))
  }
}
