/// An order as its bytes say it, read back from the body of `POST /order`: what paper matches is what the venue would have been sent.
public struct PaperOrder: Hashable, Sendable {
  public let id: VenueOrderID
  public let token: TokenID
  public let side: Side
  public let price: Price
  public let size: Shares
  public let timeInForce: TimeInForce
  /// GTD only: when the venue ends it, a minute before the second that was signed.
  public let expires: MarketTime?
  public let isPostOnly: Bool

  public init(
    id: VenueOrderID, token: TokenID, side: Side, price: Price, size: Shares, timeInForce: TimeInForce,
    expires: MarketTime? = nil, isPostOnly: Bool = false
  ) {
    self.id = id
    self.token = token
    self.side = side
    self.price = price
    self.size = size
    self.timeInForce = timeInForce
    self.expires = expires
    self.isPostOnly = isPostOnly
  }

  /// The price follows from the two amounts, as at the venue (protocol document, section 2.8): given over wanted for a buy, the reverse
  /// for a sell, to the nearest 10⁻⁶ (amounts are cut, so that the quotient may miss the grid by a hair). `nil` for a body without the
  /// fields, or amounts that make no price.
  public init?(id: VenueOrderID, body: [UInt8]) {
    guard let json = try? JSON.parse(body), let order = json["order"],
      let token = order["tokenId"]?.string.flatMap(TokenID.init),
      let side = order["side"]?.string.flatMap(Side.init(rawValue:)),
      let maker = order["makerAmount"]?.string.flatMap({ Int64($0) }), maker > 0,
      let taker = order["takerAmount"]?.string.flatMap({ Int64($0) }), taker > 0,
      let type = json["orderType"]?.string.flatMap(TimeInForce.init(rawValue:)),
      let expiration = order["expiration"]?.string.flatMap({ Int64($0) })
    else { return nil }
    let (dollars, shares) = side == .buy ? (maker, taker) : (taker, maker)
    let quotient = divide(Int128(dollars) * 1_000_000, by: Int128(shares), rounding: .nearest)
    guard let micros = Int64(exactly: quotient), let price = Price(micros: micros), price > .zero, price < .one else {
      return nil
    }
    self.init(
      id: id, token: token, side: side, price: price, size: Shares(micros: shares), timeInForce: type,
      expires: type == .goodTillDate ? MarketTime(seconds: expiration - 60) : nil,
      isPostOnly: json["postOnly"]?.bool ?? false)
  }
}

extension PaperOrder {
  var json: JSON {
    var json: JSON = [
      "id": .text(id), "token": .text(token), "side": .string(side.rawValue), "price": .text(price),
      "size": .text(size), "type": .string(timeInForce.rawValue), "post_only": .bool(isPostOnly),
    ]
    if let expires { json = json.with("expires_ns", .int(expires.nanoseconds)) }
    return json
  }

  init?(_ json: JSON) {
    guard let id = json["id"]?.string.flatMap(VenueOrderID.init),
      let token = json["token"]?.string.flatMap(TokenID.init),
      let side = json["side"]?.string.flatMap(Side.init(rawValue:)), let price = json["price"]?.price,
      let size = json["size"]?.shares, let type = json["type"]?.string.flatMap(TimeInForce.init(rawValue:)),
      let isPostOnly = json["post_only"]?.bool
    else { return nil }
    self.init(
      id: id, token: token, side: side, price: price, size: size, timeInForce: type,
      expires: json["expires_ns"]?.int.map(MarketTime.init(nanoseconds:)), isPostOnly: isPostOnly)
  }
}
