import Shared

/// What a client's order wants; fixed when the venue takes it.
struct OrderTerms: Hashable, Sendable {
  /// The order's hash.
  var id: String
  var account: Int
  var slug: String
  var outcome: Outcome
  var side: Side
  var price: Price
  var size: Shares
  /// A BUY's collateral, a SELL's shares, in base units: what the order holds reserved.
  var makerAmount: Int64
  var timeInForce: TimeInForce
  var postOnly: Bool
  /// Seconds of market time, 0 for none.
  var expiration: Int64
}

/// A client's order and what has become of it.
struct OrderRecord: Hashable, Sendable {
  enum Status: String, Hashable, Sendable {
    case live = "LIVE"
    case matched = "MATCHED"
    case canceled = "CANCELED"
    case expired = "CANCELED_EXPIRED_ORDER"
    case marketResolved = "CANCELED_MARKET_RESOLVED"
    case invalid = "INVALID"
  }

  var terms: OrderTerms
  /// The key in its market's book.
  var key: Int64
  var created: MarketTime
  var status: Status
  var matched: Shares
  /// Base units still held back from the account.
  var reserved: Int64
  var trades: [String]

  var remaining: Shares { terms.size - matched }
}

/// A trade a client took part in: one taker and one execution price, with every maker met there.
struct TradeRecord: Hashable, Sendable {
  enum Status: String, Hashable, Sendable {
    case matched = "MATCHED"
    case mined = "MINED"
    case confirmed = "CONFIRMED"
    case retrying = "RETRYING"
    case failed = "FAILED"

    /// Nothing follows it.
    var isFinal: Bool { self == .confirmed || self == .failed }
  }

  /// One side of a trade.
  struct Part: Hashable, Sendable {
    /// The order's hash.
    var order: String
    /// Index of a client's account; `nil` for the venue's own traders.
    var account: Int?
    /// Name of the venue's own trader.
    var trader: String?
    var outcome: Outcome
    var side: Side
    var price: Price
    var shares: Shares
    var cash: USD
    var fee: USD
  }

  var id: String
  var slug: String
  var taker: Part
  var makers: [Part]
  var matchedAt: Now
  var updatedAt: Now
  var status: Status
  /// Empty until mined.
  var hash: String
}
